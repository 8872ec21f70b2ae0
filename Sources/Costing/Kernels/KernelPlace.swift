import Quantities
import Workload

/// Which kernels of a table say something about a kernel, and where it stands among them.
struct KernelPlace: Hashable, Sendable {
  /// Kernels that are interpolated together.
  struct Group: Hashable, Sendable {
    /// What they do.
    enum Family: Hashable, Sendable {
      case product
      case attention(isCausal: Bool)
      case memory(MemoryOperator)
    }

    /// What they do.
    var family: Family
    /// Bytes an element of a number takes: formats of one width run alike; `nil` where only bytes count.
    var format: NumberFormat?
    /// Which pass.
    var pass: KernelPass
  }

  /// The group the kernel belongs to.
  let group: Group
  /// log2 of tiles and heads: what decides how blocks fill the device.
  let coordinates: [Double?]

  /// Finds the place of a kernel.
  init(_ kernel: Kernel) {
    switch kernel.kind {
    case .gemm(let m, let n, _, let batch):
      group = Group(family: .product, format: kernel.format.tableFormat, pass: kernel.pass)
      coordinates = [Self.tiles(m, of: 64), Self.tiles(n, of: 64), Self.tiles(batch, of: 1)]
    case .attention(let shape):
      group = Group(
        family: .attention(isCausal: shape.isCausal), format: kernel.format.tableFormat, pass: kernel.pass)
      let heads = Bytes(Int64(shape.batch)).count * Int64(shape.heads)
      coordinates = [
        logarithm2(Double(heads)), Self.tiles(shape.queries, of: 128), Self.tiles(shape.headDimension, of: 1),
      ]
    case .memoryBound(let shape):
      group = Group(family: .memory(shape.operation), format: nil, pass: kernel.pass)
      coordinates = [shape.width > 0 ? logarithm2(Double(shape.width)) : nil]
    }
  }

  /// The groups to ask when the kernel's own is empty, nearest first.
  var substitutes: [Group] {
    switch group.family {
    case .product: return [with(.forward)]
    case .attention(let isCausal):
      var other = group
      other.family = .attention(isCausal: !isCausal)
      return [other, with(.forward)]
    case .memory:
      let passes: [KernelPass] = group.pass == .forward ? [.backward] : [.forward]
      let others = ([.add] + MemoryOperator.allCases.filter { $0 != .add }).flatMap { operation in
        [group.pass, passes[0]].map { Group(family: .memory(operation), format: nil, pass: $0) }
      }
      return [with(passes[0])] + others
    }
  }

  private func with(_ pass: KernelPass) -> Group {
    var group = group
    group.pass = pass
    return group
  }

  /// log2 of the number of tiles.
  private static func tiles(_ count: Int, of size: Int) -> Double {
    logarithm2(Double(max(1, (count + size - 1) / size)))
  }
}

extension NumberFormat {
  /// The format under which a table lists it: both 16-bit formats run at the same rate on the tensor cores.
  var tableFormat: NumberFormat { self == .fp16 ? .bf16 : self }
}
