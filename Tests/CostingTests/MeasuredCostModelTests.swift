import Costing
import Hardware
import Quantities
import Testing
import TestSupport
import Workload

/// Tables whose times are the model's over an efficiency that depends on the shape, made by a seeded generator.
@Suite("Measured cost model")
struct MeasuredCostModelTests {
  private static let device = TestHardware.device()
  private static let ideal = KernelModel(device: device, traits: .ideal)

  static func table(_ rows: [KernelRow], origin: KernelTable.Origin = .measured) -> KernelTable {
    KernelTable(
      name: "test", gpu: "Test GPU", device: device.name, origin: origin, source: "test", date: "2026-01-01", rows: rows
    )
  }

  private static func model(_ kernels: [(Kernel, Double)], origin: KernelTable.Origin = .measured) -> MeasuredCostModel
  {
    let rows = kernels.map { kernel, factor in KernelRow(kernel, time: factor * ideal.duration(of: kernel)) }
    return MeasuredCostModel(device: device, table: table(rows, origin: origin))
  }

  /// Products of a grid; each family (equal m and n) gets slower or faster with k, but never so that more work takes less.
  private static func products(seed: UInt64) -> [(Kernel, Double)] {
    var generator = SeededGenerator(seed: seed)
    var kernels: [(Kernel, Double)] = []
    for m in [128, 1024, 4096] {
      for n in [256, 1024, 8192] {
        var factor = Double.random(in: 1.2...1.8, using: &generator)
        for k in [256, 1024, 4096, 16_384] {
          factor *= Double.random(in: 0.9...1.1, using: &generator)
          kernels.append((.gemm(m: m, n: n, k: k, format: .bf16), factor))
        }
      }
    }
    return kernels
  }

  private static func sizes(_ generator: inout SeededGenerator) -> (m: Int, n: Int, k: Int) {
    (
      Int.random(in: 1...9000, using: &generator), Int.random(in: 1...9000, using: &generator),
      Int.random(in: 1...20_000, using: &generator)
    )
  }

  @Test func `a measured kernel costs what was measured`() {
    let kernels = Self.products(seed: 1)
    let model = Self.model(kernels)
    for (kernel, factor) in kernels {
      let price = model.price(of: kernel)
      #expect(price.duration == factor * Self.ideal.duration(of: kernel))
      #expect(price.basis == .measured)
    }
  }

  /// The same shape in the other 16-bit format is not the measured kernel, but interpolated at its very place.
  @Test func `interpolation passes through the measured points`() {
    let kernels = Self.products(seed: 2)
    let model = Self.model(kernels)
    for case (let kernel, let factor) in kernels {
      guard case .gemm(let m, let n, let k, let batch) = kernel.kind else { continue }
      let price = model.price(of: .gemm(m: m, n: n, k: k, batch: batch, format: .fp16))
      #expect(price.basis == .interpolated)
      let exact = factor * Self.ideal.duration(of: kernel).value
      #expect(abs(price.duration.value / exact - 1) < 1e-9)
    }
  }

  @Test func `nothing is faster than the peak, whatever the table says`() {
    let kernels = Self.products(seed: 3).map { ($0.0, 0.3 * $0.1) }
    let model = Self.model(kernels)
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<500 {
      let (m, n, k) = Self.sizes(&generator)
      let kernel = Kernel.gemm(m: m, n: n, k: k, format: .bf16)
      #expect(model.duration(of: kernel) >= kernel.operations / .teraflops(100))
    }
  }

  /// Sizes up to the next multiple of 64 have the same tiles, and k only makes tiles longer.
  @Test(arguments: [5, 6, 7, 8])
  func `more work at the same tiles never takes less time`(seed: UInt64) {
    let model = Self.model(Self.products(seed: seed))
    var generator = SeededGenerator(seed: seed + 100)
    func time(_ m: Int, _ n: Int, _ k: Int) -> Double {
      model.duration(of: .gemm(m: m, n: n, k: k, format: .bf16)).value * (1 + 1e-12)
    }
    for _ in 0..<200 {
      let (m, n, k) = Self.sizes(&generator)
      let base = model.duration(of: .gemm(m: m, n: n, k: k, format: .bf16)).value
      #expect(time((m + 63) / 64 * 64, n, k) >= base)
      #expect(time(m, (n + 63) / 64 * 64, k) >= base)
      var (inner, before) = (k, base)
      for _ in 0..<6 {
        inner += Int.random(in: 1...2000, using: &generator)
        let next = model.duration(of: .gemm(m: m, n: n, k: inner, format: .bf16)).value
        #expect(next * (1 + 1e-12) >= before, "\(m) \(n) \(inner)")
        before = next
      }
    }
  }

  /// A step of one in k changes the time of a product of thousands by less than a percent.
  @Test func `time has no jumps where work grows little`() {
    let model = Self.model(Self.products(seed: 9))
    for (m, n) in [(1000, 1000), (4096, 512), (4096, 8192), (100, 9000)] {
      var before = model.duration(of: .gemm(m: m, n: n, k: 2048, format: .bf16)).value
      for k in 2049...2300 {
        let next = model.duration(of: .gemm(m: m, n: n, k: k, format: .bf16)).value
        #expect(abs(next / before - 1) < 0.01)
        before = next
      }
    }
  }

  /// The law of scales: twice the times, twice every prediction.
  @Test func `a table of times twice as long predicts times twice as long`() {
    let kernels = Self.products(seed: 10)
    let one = Self.model(kernels)
    let two = Self.model(kernels.map { ($0.0, 2 * $0.1) })
    var generator = SeededGenerator(seed: 10)
    for _ in 0..<200 {
      let (m, n, k) = Self.sizes(&generator)
      let kernel = Kernel.gemm(m: m, n: n, k: k, format: .bf16)
      #expect(abs(two.duration(of: kernel).value / one.duration(of: kernel).value - 2) < 1e-9)
    }
  }

  @Test func `an equal efficiency everywhere is found everywhere`() {
    let model = Self.model(Self.products(seed: 11).map { ($0.0, 1.6) })
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      let (m, n, k) = Self.sizes(&generator)
      let kernel = Kernel.gemm(m: m, n: n, k: k, format: .bf16)
      #expect(abs(model.duration(of: kernel).value / Self.ideal.duration(of: kernel).value - 1.6) < 1e-9)
    }
  }

  @Test func `outside the points the nearest efficiency holds and is called extrapolated`() {
    let model = Self.model(Self.products(seed: 12))
    let inside = model.price(of: .gemm(m: 2000, n: 2000, k: 2000, format: .bf16))
    let outside = model.price(of: .gemm(m: 2000, n: 2000, k: 1_000_000, format: .bf16))
    let otherPass = model.price(of: .gemm(m: 2000, n: 2000, k: 2000, format: .bf16, pass: .inputGradient))
    #expect(inside.basis == .interpolated)
    #expect(outside.basis == .extrapolated)
    #expect(otherPass.basis == .extrapolated)
  }

  @Test func `a class the table has nothing of is a roofline`() {
    let model = Self.model(Self.products(seed: 13))
    let kernel = Kernel.memoryBound(.softmax, traffic: Bytes(1_000_000), format: .bf16)
    #expect(model.price(of: kernel) == RooflineCostModel(device: Self.device).price(of: kernel))
  }

  @Test func `times of a derived table are derived`() {
    let kernels = Self.products(seed: 14)
    let model = Self.model(kernels, origin: .derived)
    #expect(model.price(of: kernels[0].0).basis == .derived)
    #expect(model.price(of: .gemm(m: 77, n: 77, k: 77, format: .bf16)).basis == .derived)
  }

  @Test func `elementwise kernels are interpolated between sizes, and other operators stand in`() {
    let sizes = [Int64(1 << 20), 1 << 24, 1 << 28]
    let model = Self.model(
      sizes.map { (.memoryBound(.add, traffic: Bytes($0), format: .bf16), 1.5) })
    let kernel = Kernel.memoryBound(.add, traffic: Bytes(1 << 26), format: .fp32)
    #expect(model.price(of: kernel).basis == .interpolated)
    #expect(abs(model.duration(of: kernel).value / Self.ideal.duration(of: kernel).value - 1.5) < 1e-9)
    let other = Kernel.memoryBound(.rotary, traffic: Bytes(1 << 26), format: .bf16, pass: .backward)
    #expect(model.price(of: other).basis == .extrapolated)
    #expect(model.duration(of: other) == model.duration(of: kernel))
  }

  @Test func `nothing is shorter than a launch of the table`() {
    var launch = KernelRow(kind: .launch, operation: "stream", time: .microseconds(7))
    launch.repeats = 1000
    let rows = [launch, KernelRow(.memoryBound(.add, traffic: Bytes(1 << 20), format: .bf16), time: .microseconds(9))]
    let model = MeasuredCostModel(device: Self.device, table: Self.table(rows))
    #expect(model.duration(of: .memoryBound(.add, traffic: Bytes(8), format: .bf16)) == .microseconds(7))
  }

  @Test func `only the asked implementation of attention counts`() {
    let shape = AttentionShape(batch: 1, heads: 16, queries: 1024, keys: 1024, headDimension: 64, isCausal: true)
    let kernel = Kernel.attention(shape, format: .bf16)
    let rows = [
      KernelRow(kernel, time: .microseconds(100)),
      KernelRow(kernel, time: .microseconds(60), implementation: "cudnn"),
    ]
    let table = Self.table(rows)
    #expect(MeasuredCostModel(device: Self.device, table: table).duration(of: kernel) == .microseconds(100))
    let cudnn = MeasuredCostModel(device: Self.device, table: table, attention: "cudnn")
    #expect(cudnn.duration(of: kernel) == .microseconds(60))
  }
}
