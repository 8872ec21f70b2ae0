import Costing
import Hardware
import Quantities
import Testing
import TestSupport
import Workload

/// A GPU of 100 TFLOP/s, 100 multiprocessors and 1 TB/s (80 % reached by streams); launch gap 1 us.
@Suite("Kernel model")
struct KernelModelTests {
  private let ideal = KernelModel(device: TestHardware.device(), traits: .ideal)
  private let real = KernelModel(
    device: TestHardware.device(),
    traits: KernelTraits(
      tensor: 0.8, scalar: 0.9, sustainedClock: 0.9, burst: .microseconds(200),
      attention: AttentionTraits(forward: 0.6, backward: 0.5, softmaxColumns: 25, keyPrologue: 190, tail: 1)))

  /// 2560 x 1280: 100 tiles of 256 x 128, one wave: 2 * 256 * 128 * (4096 + 128) operations at 1 TFLOP/s a
  /// multiprocessor = 276.824 us, and 1 us + 3.5 us of launch and ramp.
  @Test func `one full wave takes a tile's time`() {
    let time = ideal.duration(of: .gemm(m: 2560, n: 1280, k: 4096, format: .bf16))
    #expect(abs(time.value - (276.824_064e-6 + 4.5e-6)) < 1e-12)
  }

  @Test func `one tile more than a wave starts another`() {
    let full = ideal.duration(of: .gemm(m: 2560, n: 1280, k: 16_384, format: .bf16))
    let more = ideal.duration(of: .gemm(m: 2561, n: 1280, k: 16_384, format: .bf16))
    #expect(more.value > 1.2 * full.value)
  }

  @Test func `more work in any direction never takes less time`() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<300 {
      let sizes = (0..<4).map { _ in Int.random(in: 1...6000, using: &generator) }
      let step = Int.random(in: 1...500, using: &generator)
      for model in [ideal, real] {
        func time(_ m: Int, _ n: Int, _ k: Int, _ batch: Int) -> Seconds {
          model.duration(of: .gemm(m: m, n: n, k: k, batch: batch, format: .bf16))
        }
        let batch = 1 + sizes[3] % 16
        let base = time(sizes[0], sizes[1], sizes[2], batch)
        #expect(time(sizes[0] + step, sizes[1], sizes[2], batch) >= base)
        #expect(time(sizes[0], sizes[1] + step, sizes[2], batch) >= base)
        #expect(time(sizes[0], sizes[1], sizes[2] + step, batch) >= base)
        #expect(time(sizes[0], sizes[1], sizes[2], batch + step) >= base)
      }
    }
  }

  @Test func `nothing is faster than the peak`() {
    var generator = SeededGenerator(seed: 12)
    for _ in 0..<300 {
      let (m, n, k) = (Int.random(in: 1...9000, using: &generator), Int.random(in: 1...9000, using: &generator), 2048)
      let kernel = Kernel.gemm(m: m, n: n, k: k, format: .bf16)
      #expect(ideal.duration(of: kernel) >= kernel.operations / .teraflops(100))
    }
  }

  /// Beyond 200 us the clock is 0.9 of the first: a kernel of 1000 us takes 200 + 800 / 0.9.
  @Test func `long kernels run at the sustained clock`() {
    var cold = real.traits
    cold.sustainedClock = 1
    let kernel = Kernel.gemm(m: 5120, n: 2560, k: 8192, format: .bf16)
    let fast = KernelModel(device: real.device, traits: cold).duration(of: kernel).value - 4.5e-6
    let slow = real.duration(of: kernel).value - 4.5e-6
    #expect(fast > 200e-6)
    #expect(abs(slow - (200e-6 + (fast - 200e-6) / 0.9)) < 1e-12)
  }

  @Test func `a causal kernel takes more than half and less than all of a full one`() {
    for keys in [512, 2048, 8192, 32_768] {
      for pass in [KernelPass.forward, .backward] {
        func time(_ isCausal: Bool) -> Double {
          let shape = AttentionShape(
            batch: 4, heads: 32, queries: keys, keys: keys, headDimension: 128, isCausal: isCausal)
          return real.duration(of: .attention(shape, format: .bf16, pass: pass)).value
        }
        #expect(time(true) > 0.5 * time(false))
        #expect(time(true) < time(false))
      }
    }
  }

  /// 80 MB at 0.8 TB/s.
  @Test func `kernels bound by memory stream`() {
    let time = real.duration(of: .memoryBound(.add, traffic: Bytes(80_000_000), format: .bf16))
    #expect(abs(time.value - 100e-6) < 1e-12)
  }
}
