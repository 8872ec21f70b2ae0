@testable import Costing
import Foundation
import Hardware
import Quantities
import Testing
import TestSupport
import Workload

/// A GPU of 100 TFLOP/s (half reached by products, a quarter by attention) and 1 TB/s (80 % reached); launch gap 1 us.
@Suite("Roofline")
struct RooflineTests {
  private let costs = RooflineCostModel(device: TestHardware.device())

  /// 2 * 4096^3 operations at 50 TFLOP/s = 2.748779 ms; 3 * 2 * 4096^2 bytes at 0.8 TB/s take 0.126 ms only.
  @Test func `a large product is bound by arithmetic`() {
    let kernel = Kernel.gemm(m: 4096, n: 4096, k: 4096, format: .bf16)
    #expect(abs(costs.duration(of: kernel).value - 2.748_779_069_44e-3) < 1e-12)
  }

  /// One row: 2 * 4096^2 operations take 0.67 us, 4096^2 * 2 bytes (and two vectors) 41.96 us.
  @Test func `a product with a vector is bound by memory`() {
    let kernel = Kernel.gemm(m: 1, n: 4096, k: 4096, format: .bf16)
    #expect(abs(costs.duration(of: kernel).value - (2 * 4096 * 4096 + 4 * 4096) / 0.8e12) < 1e-15)
  }

  @Test func `nothing is shorter than the launch gap`() {
    let kernel = Kernel.memoryBound(traffic: Bytes(8), format: .bf16)
    #expect(costs.duration(of: kernel) == .microseconds(1))
  }

  /// 1e10 operations at 25 TFLOP/s.
  @Test func `attention has its own efficiency`() {
    let shape = AttentionShape(batch: 1, heads: 1, queries: 1, keys: 1, headDimension: 1, isCausal: true)
    let kernel = Kernel(
      kind: .attention(shape), operations: FloatingPointOperations(1e10), traffic: .zero, format: .bf16)
    #expect(abs(costs.duration(of: kernel).value - 4e-4) < 1e-15)
  }

  @Test func `formats have their own peaks, and tf32 falls back to fp32`() {
    #expect(costs.device.peak(for: .fp8) == .teraflops(200))
    #expect(costs.device.peak(for: .tf32) == .teraflops(50))
    let old = DeviceSpec(
      name: "old", title: "Old", peak: [.fp32: .teraflops(10)], memoryCapacity: .gibibytes(16),
      memoryBandwidth: .gigabytesPerSecond(900), multiprocessors: 80, kernelOverhead: .microseconds(1),
      gemmEfficiency: TestHardware.curve(1), attentionEfficiency: TestHardware.curve(1),
      memoryEfficiency: TestHardware.curve(1), contextMemory: .zero, provenance: [:])
    #expect(old.peak(for: .tf32) == .teraflops(10))
    #expect(old.peak(for: .bf16) == nil)
  }

  @Test func `more work never takes less time when efficiency grows slower than work`() {
    let curve = TestHardware.curve([(1e6, 0.05), (1e9, 0.5), (1e12, 0.8)])
    let costs = RooflineCostModel(device: TestHardware.device(efficiency: curve))
    var previous = Seconds.zero
    for rows in stride(from: 16, through: 8192, by: 16) {
      let time = costs.duration(of: .gemm(m: rows, n: 1024, k: 1024, format: .bf16))
      #expect(time >= previous)
      previous = time
    }
  }
}

@Suite("Interpolation of efficiency")
struct InterpolationTests {
  private let curve = TestHardware.curve([(1024, 0.1), (4096, 0.3), (65536, 0.7)])

  @Test func `points are met exactly and the ends are flat`() {
    #expect(curve.fraction(at: 1024) == 0.1)
    #expect(curve.fraction(at: 65536) == 0.7)
    #expect(abs(curve.fraction(at: 4096) - 0.3) < 1e-15)
    #expect(curve.fraction(at: 1) == 0.1)
    #expect(curve.fraction(at: 1e12) == 0.7)
  }

  /// 2048 is half way from 2^10 to 2^12; 2^15 three quarters from 2^12 to 2^16.
  @Test func `between points the logarithm of the size counts`() {
    #expect(abs(curve.fraction(at: 2048) - 0.2) < 1e-15)
    #expect(abs(curve.fraction(at: 32768) - 0.6) < 1e-15)
  }

  @Test func `one point is a constant`() {
    let constant = TestHardware.curve(0.42)
    for size in [1e-3, 1, 1e9] { #expect(constant.fraction(at: size) == 0.42) }
  }

  /// The error of the series is below 1e-16; the sum with an exponent rounds to a few units in the last place.
  @Test func `the logarithm agrees with the C library's`() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<2000 {
      let exponent = Int.random(in: -60...200, using: &generator)
      let value = Double(sign: .plus, exponent: exponent, significand: .random(in: 1..<2, using: &generator))
      let exact = log2(value)
      #expect(abs(logarithm2(value) - exact) <= 4e-16 * max(1, abs(exact)))
    }
    for exponent in -30...60 {
      #expect(logarithm2(Double(sign: .plus, exponent: exponent, significand: 1)) == Double(exponent))
    }
  }
}
