import Hardware
import Quantities
import Workload

/// Makes kernel tables of devices nobody measured.
public struct TableDerivation: Sendable {
  /// The device the table is for.
  public let device: DeviceSpec
  private let known: DeviceTraits?

  /// Derives tables for a device.
  public init(device: DeviceSpec) {
    self.device = device
    known = DeviceTraits.of(device)
  }

  /// A table from the physical model and the device's constants; `nil` when nothing is known of its kernels.
  public func table(date: String) -> KernelTable? {
    guard let known else { return nil }
    let model = KernelModel(device: device, traits: known.traits)
    var rows = [launchRow] + products(model) + attention(model, "flash")
    for other in known.otherAttention {
      var traits = known.traits
      traits.attention = other.traits
      rows += attention(KernelModel(device: device, traits: traits), other.name)
    }
    return table(rows + elementwise(model), source: known.source, date: date)
  }

  /// A table from one that was timed on another device, kernel by kernel: `t = t' model / model'` with the physical model
  /// of both devices. Peaks, bandwidths, multiprocessors and the constants of each operator class come in as ratios, and
  /// what the model does not know of a kernel is taken to be the same on both. Rows in a format the device has not are
  /// left out.
  public func table(from other: KernelTable, of reference: DeviceSpec, date: String) -> KernelTable {
    let models = DerivationModels(target: device, reference: reference)
    let rows = other.rows.compactMap { row -> KernelRow? in
      var row = row
      row.spread = nil
      row.repeats = nil
      if row.kind == .launch {
        row.time = (row.time.value / max(reference.kernelOverhead.value, 1e-9)) * device.kernelOverhead
        return row
      }
      guard let kernel = row.kernel, let ratio = models.ratio(kernel) else { return nil }
      row.time = ratio * row.time
      return row
    }
    let classes = Set(rows.map(OperatorClass.init))
    let missing = table(date: date)?.rows.filter { !classes.contains(OperatorClass($0)) } ?? []
    return table(
      rows + missing, source: "\(other.name) (\(other.origin.rawValue): \(other.source))", date: date,
      option: " --from Traces/kernels/\(other.name).csv")
  }

  /// Classes that the other table lacks come from the constants of the device.
  private struct OperatorClass: Hashable {
    var kind: KernelRow.Kind
    var operation: String
    var pass: KernelPass?
    var format: NumberFormat?

    init(_ row: KernelRow) {
      kind = row.kind == .groupedGEMM ? .gemm : row.kind
      operation = row.operation
      pass = row.pass
      format = row.kind == .elementwise ? nil : row.format?.tableFormat
    }
  }

  private func table(_ rows: [KernelRow], source: String, date: String, option: String = "") -> KernelTable {
    KernelTable(
      name: device.name, gpu: device.title, device: device.name, origin: .derived, source: source, date: date,
      multiprocessors: device.multiprocessors,
      notes: [KernelTable.Note("method", "galvasim derive-kernels \(device.name)\(option)")], rows: rows)
  }

  private var launchRow: KernelRow {
    KernelRow(kind: .launch, operation: "stream", time: device.kernelOverhead)
  }

  /// The sizes between which products are interpolated; one format stands for both of 16 bits.
  private func products(_ model: KernelModel) -> [KernelRow] {
    var rows: [KernelRow] = []
    for format in formats {
      for pass in [KernelPass.forward, .weightGradient] {
        for m in [64, 512, 2048, 8192, 32_768] {
          for n in [128, 1024, 4096, 16_384] {
            for k in [128, 512, 2048, 8192, 32_768] {
              rows.append(row(.gemm(m: m, n: n, k: k, format: format, pass: pass), model))
            }
          }
        }
        for batch in [8, 64] {
          for size in [128, 1024] {
            for k in [64, 1024] {
              rows.append(row(.gemm(m: size, n: size, k: k, batch: batch, format: format, pass: pass), model))
            }
          }
        }
      }
    }
    return rows
  }

  private var formats: [NumberFormat] {
    let wanted: [NumberFormat] = [.fp32, .tf32, device.peak[.bf16] == nil ? .fp16 : .bf16, .fp8]
    return wanted.filter { device.peak[$0] != nil }
  }

  private func attention(_ model: KernelModel, _ implementation: String) -> [KernelRow] {
    var rows: [KernelRow] = []
    let format: NumberFormat = device.peak[.bf16] == nil ? .fp16 : .bf16
    guard device.peak[format] != nil else { return [] }
    for pass in [KernelPass.forward, .backward] {
      for isCausal in [false, true] {
        for heads in [8, 32, 256] {
          for keys in [512, 2048, 8192, 32_768] {
            for width in [64, 128, 256] {
              let shape = AttentionShape(
                batch: 1, heads: heads, queries: keys, keys: keys, headDimension: width, isCausal: isCausal)
              rows.append(row(.attention(shape, format: format, pass: pass), model, implementation))
            }
          }
        }
      }
    }
    return rows
  }

  private func elementwise(_ model: KernelModel) -> [KernelRow] {
    MemoryOperator.allCases.filter { $0 != .other }.flatMap { operation in
      operation.passes.flatMap { pass in
        [Int64(1 << 16), 1 << 20, 1 << 24, 1 << 28, 1 << 32].map { bytes in
          row(.memoryBound(operation, traffic: Bytes(bytes), format: .fp32, pass: pass), model)
        }
      }
    }
  }

  private func row(_ kernel: Kernel, _ model: KernelModel, _ implementation: String = "flash") -> KernelRow {
    KernelRow(kernel, time: model.duration(of: kernel), implementation: implementation)
  }
}

extension MemoryOperator {
  /// The passes the operator has a kernel in.
  var passes: [KernelPass] {
    switch self {
    case .adam, .gradientNorm, .cast, .embeddingGather: [.forward]
    case .embeddingScatter: [.backward]
    default: [.forward, .backward]
    }
  }
}

/// The physical models of two devices; without constants of one of them both are taken to reach their peaks.
private struct DerivationModels {
  private let target: KernelModel
  private let reference: KernelModel

  init(target: DeviceSpec, reference: DeviceSpec) {
    let (one, other) = (DeviceTraits.of(target), DeviceTraits.of(reference))
    let areKnown = one != nil && other != nil
    self.target = KernelModel(device: target, traits: areKnown ? one?.traits ?? .ideal : .ideal)
    self.reference = KernelModel(device: reference, traits: areKnown ? other?.traits ?? .ideal : .ideal)
  }

  /// How much longer a kernel takes on the target; `nil` when one of the devices has not its format.
  func ratio(_ kernel: Kernel) -> Double? {
    guard target.device.peak(for: kernel.format) != nil, reference.device.peak(for: kernel.format) != nil else {
      return nil
    }
    return target.duration(of: kernel).value / reference.duration(of: kernel).value
  }
}
