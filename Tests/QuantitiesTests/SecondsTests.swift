import Quantities
import Testing

@Suite("Seconds and simulated time")
struct SecondsTests {
  /// 1 ns, 1.2 ns, 0.1 ns, 2.5 us, 1 s.
  @Test(arguments: [(1e-9, 1), (1.2e-9, 2), (1e-10, 1), (2.5e-6, 2500), (1.0, 1_000_000_000), (0, 0)])
  func `a modelled time is rounded up to whole nanoseconds`(seconds: Double, nanoseconds: Int64) {
    #expect(Seconds(seconds).roundedUp.nanoseconds == nanoseconds)
  }

  @Test func `rounding up never shortens and adds less than two nanoseconds`() {
    for unit in [1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000] {
      for digit in 1...9 {
        let value = Double(digit) * unit
        let rounded = Double(Seconds(value).roundedUp.nanoseconds)
        #expect(rounded >= value * 1e9)
        #expect(rounded < value * 1e9 + 2)
      }
    }
  }

  @Test func `the longest duration can be doubled without overflow`() {
    let longest = Seconds.longest.roundedUp
    #expect((longest + longest).nanoseconds > longest.nanoseconds)
  }

  @Test func `units of time agree`() {
    #expect(Seconds.microseconds(3).roundedUp == Seconds.nanoseconds(3000).roundedUp)
    #expect(abs(SimTime(nanoseconds: 1_500_000_000).seconds.value - 1.5) < 1e-12)
    #expect(abs(SimDuration(nanoseconds: 250).seconds.value - 250e-9) < 1e-18)
  }

  @Test func `instants and lengths add up`() {
    let start = SimTime(nanoseconds: 40)
    let end = start + SimDuration(nanoseconds: 2)
    #expect(end.nanoseconds == 42)
    #expect(end - start == SimDuration(nanoseconds: 2))
    #expect(start < end)
    #expect((start - end).nanoseconds == -2)
  }
}
