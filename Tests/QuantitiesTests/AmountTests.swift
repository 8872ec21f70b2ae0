import Quantities
import Testing

@Suite("Amounts and rates")
struct AmountTests {
  @Test func `binary and decimal prefixes are kept apart`() {
    #expect(Bytes.gibibytes(1).count == 1_073_741_824)
    #expect(Bytes.mebibytes(100).count == 104_857_600)
    #expect(Bytes(1 << 31).gibibytes == 2)
    #expect(Bandwidth.gigabytesPerSecond(1).bytesPerSecond == 1_000_000_000)
    #expect(ComputeRate.teraflops(312).operationsPerSecond == 312e12)
  }

  @Test(arguments: [(0, 512, 0), (1, 512, 512), (512, 512, 512), (513, 512, 1024), (7, 1, 7)])
  func `amounts are rounded up to whole blocks`(count: Int64, unit: Int64, expected: Int64) {
    #expect(Bytes(count).roundedUp(toMultipleOf: unit).count == expected)
  }

  @Test func `amounts add, subtract, change sign and compare`() {
    var sum = Bytes(3) + Bytes(4)
    sum += Bytes(1)
    #expect(sum == Bytes(8))
    #expect(-(sum - Bytes(10)) == Bytes(2))
    #expect(3 * Bytes(5) == Bytes(15))
    #expect(Bytes(-1) < .zero)
  }

  /// 1e9 bytes at 450e9 bytes per second; 6.24e14 operations at 312e12 per second.
  @Test func `an amount over a rate is a time`() {
    #expect(abs((Bytes(1_000_000_000) / Bandwidth.gigabytesPerSecond(450)).value - 1 / 450) < 1e-15)
    #expect((FloatingPointOperations(6.24e14) / ComputeRate.teraflops(312)).value == 2)
    #expect((0.5 * Bandwidth.gigabytesPerSecond(10)).gigabytesPerSecond == 5)
    #expect((0.5 * ComputeRate.teraflops(10)).teraflops == 5)
  }

  @Test func `elements have the sizes of their formats`() {
    #expect(NumberFormat.allCases.map(\.bytesPerElement) == [4, 4, 2, 2, 1])
  }

  @Test func `a fingerprint depends on every word, their order and the length of texts`() {
    func hash(_ words: [UInt64]) -> UInt64 {
      var hash = StableHash()
      for word in words { hash.combine(word) }
      return hash.value
    }
    #expect(hash([1, 2]) == hash([1, 2]))
    #expect(hash([1, 2]) != hash([2, 1]))
    #expect(hash([0]) != hash([0, 0]))
    var (left, right) = (StableHash(), StableHash())
    left.combine("ab")
    left.combine("c")
    right.combine("a")
    right.combine("bc")
    #expect(left != right)
    #expect(StableHash().hexadecimal == "cbf29ce484222325")
    #expect(left.hexadecimal.count == 16)
  }
}
