import Costing
import Hardware
import Quantities
import Testing
import TestSupport
import Workload

@Suite("Derived tables")
struct TableDerivationTests {
  /// The test GPU with other peaks and another bandwidth; nothing is known of the kernels of either.
  private static func device(
    name: String, compute: Double, bandwidth: Double, peak: [NumberFormat] = [.fp32, .bf16]
  ) -> DeviceSpec {
    let base = TestHardware.device()
    return DeviceSpec(
      name: name, title: name,
      peak: Dictionary(uniqueKeysWithValues: peak.map { ($0, ComputeRate.teraflops(compute)) }),
      memoryCapacity: base.memoryCapacity, memoryBandwidth: .gigabytesPerSecond(bandwidth),
      multiprocessors: base.multiprocessors, kernelOverhead: base.kernelOverhead,
      gemmEfficiency: base.gemmEfficiency, attentionEfficiency: base.attentionEfficiency,
      memoryEfficiency: base.memoryEfficiency, contextMemory: base.contextMemory, provenance: [:])
  }

  private static let reference = device(name: "reference", compute: 100, bandwidth: 1000)
  private static let product = Kernel.gemm(m: 25_600, n: 25_600, k: 8192, format: .bf16)
  private static let stream = Kernel.memoryBound(.add, traffic: Bytes(1 << 32), format: .fp32)
  private static let attention = Kernel.attention(
    AttentionShape(batch: 8, heads: 100, queries: 8192, keys: 8192, headDimension: 128, isCausal: false), format: .bf16)

  private static var table: KernelTable {
    KernelTable(
      name: "reference", gpu: "Reference", device: "reference", origin: .measured, source: "test", date: "2026-01-01",
      rows: [
        KernelRow(kind: .launch, operation: "stream", time: .microseconds(3)),
        KernelRow(product, time: .microseconds(150_000)), KernelRow(stream, time: .microseconds(6000)),
        KernelRow(attention, time: .microseconds(90_000)),
      ])
  }

  private static func derive(_ device: DeviceSpec) -> KernelTable {
    TableDerivation(device: device).table(from: table, of: reference, date: "2026-01-02")
  }

  @Test func `a table of an equal device has equal times`() {
    let derived = Self.derive(Self.reference)
    #expect(derived.origin == .derived)
    for (one, other) in zip(derived.rows, Self.table.rows) {
      #expect(abs(one.time.value / other.time.value - 1) < 1e-12)
    }
  }

  /// Large products and attention take half the time at twice the peak; streams take what they took.
  @Test func `arithmetic scales with the peak`() {
    let rows = Self.derive(Self.device(name: "fast", compute: 200, bandwidth: 1000)).rows
    #expect(abs(rows[1].time.value / 150_000e-6 - 0.5) < 1e-3)
    #expect(abs(rows[2].time.value / 6000e-6 - 1) < 1e-12)
    #expect(abs(rows[3].time.value / 90_000e-6 - 0.5) < 1e-3)
  }

  @Test func `traffic scales with the bandwidth`() {
    let rows = Self.derive(Self.device(name: "wide", compute: 100, bandwidth: 4000)).rows
    #expect(abs(rows[1].time.value / 150_000e-6 - 1) < 1e-3)
    #expect(abs(rows[2].time.value / 6000e-6 - 0.25) < 1e-3)
  }

  @Test func `formats the device has not are left out`() {
    let rows = Self.derive(Self.device(name: "old", compute: 100, bandwidth: 1000, peak: [.fp32])).rows
    #expect(rows.map(\.kind) == [.launch, .elementwise])
  }

  /// The reference's own departure from its peaks is carried over: a product of half its peak has half of the other's.
  @Test func `efficiency is kept`() {
    let fast = Self.device(name: "fast", compute: 300, bandwidth: 3000)
    let model = MeasuredCostModel(device: fast, table: Self.derive(fast))
    let other = Kernel.gemm(m: 12_800, n: 25_600, k: 8192, format: .bf16)
    let efficiency = (other.operations / .teraflops(300)).value / model.duration(of: other).value
    let known = (Self.product.operations / .teraflops(100)).value / 150_000e-6
    #expect(abs(efficiency / known - 1) < 0.02)
  }

  @Test func `nothing is derived from constants for an unknown device`() {
    #expect(TableDerivation(device: Self.reference).table(date: "2026-01-02") == nil)
  }
}

@Suite("Findings about tables")
struct KernelTableFindingsTests {
  private func table(_ times: [(k: Int, time: Double)]) -> KernelTable {
    MeasuredCostModelTests.table(
      times.map { KernelRow(.gemm(m: 64, n: 64, k: $0.k, format: .bf16), time: .microseconds($0.time)) })
  }

  @Test func `more work in less time is reported beyond noise`() {
    let bad = KernelTableFindings(table([(64, 10), (128, 8)])).lines
    #expect(bad.contains { $0.hasPrefix("1 pairs of kernels where more work takes less time") })
    let noisy = KernelTableFindings(table([(64, 10), (128, 9.6)])).lines
    #expect(!noisy.contains { $0.contains("more work") })
  }

  @Test func `missing classes are reported`() {
    let lines = KernelTableFindings(table([(64, 10)])).lines
    #expect(
      lines.contains(
        "no rows of gemm dgrad, gemm wgrad, attention forward, attention backward, elementwise "
          + "forward, elementwise backward"))
    #expect(lines.contains { $0.hasPrefix("no elementwise rows of layer_norm, rms_norm") })
  }

  @Test func `coverage says how much of the peak is reached`() throws {
    // 2 * 1024^3 operations in 42.94967296 us are 50 TFLOP/s of 100.
    let rows = [KernelRow(.gemm(m: 1024, n: 1024, k: 1024, format: .bf16), time: .microseconds(42.949_672_96))]
    let coverage = try #require(MeasuredCostModelTests.table(rows).coverage(on: TestHardware.device()).first)
    #expect(coverage.name == "gemm matmul forward bf16")
    #expect(abs((coverage.bestFraction ?? 0) - 0.5) < 1e-12)
  }
}
