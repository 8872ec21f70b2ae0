import Testing

@testable import Export

@Suite("Byte buffer")
struct ByteBufferTests {
  private func text(_ fill: (inout ByteBuffer) -> Void) -> String {
    var buffer = ByteBuffer(capacity: 0)
    fill(&buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
  }

  @Test(arguments: [0, 1, 9, 10, 99, 100, 101, 12_345_678_901, Int64.max, -1, -10, .min])
  func `decimals are those of the language`(value: Int64) {
    #expect(text { $0.append(decimal: value) } == "\(value)")
    #expect(text { $0.append(decimal: value.magnitude) } == "\(value.magnitude)")
  }

  @Test func `every power of ten and its neighbours have the right digits`() {
    var power: UInt64 = 1
    while power < UInt64.max / 10 {
      power *= 10
      for value in [power - 1, power, power + 1] { #expect(text { $0.append(decimal: value) } == "\(value)") }
    }
    #expect(text { $0.append(decimal: UInt64.max) } == "18446744073709551615")
  }

  @Test func `nanoseconds become microseconds with three decimals`() {
    #expect(text { $0.append(thousandths: 0) } == "0.000")
    #expect(text { $0.append(thousandths: 1) } == "0.001")
    #expect(text { $0.append(thousandths: 1_234_567) } == "1234.567")
    #expect(text { $0.append(thousandths: -50) } == "-0.050")
    #expect(text { $0.append(thousandths: .max) } == "9223372036854775.807")
    #expect(text { $0.append(thousandths: .min) } == "-9223372036854775.808")
  }

  @Test func `texts are escaped for JSON`() {
    #expect(text { $0.append(jsonString: "a\"b\\c\n\r\t\u{1}\u{1F}µ日") } == #""a\"b\\c\n\r\t\u0001\u001fµ日""#)
    #expect(text { $0.append(jsonString: "") } == "\"\"")
  }

  @Test func `numbers JSON cannot hold become null`() {
    #expect(text { $0.append(jsonNumber: 0.1) } == "0.1")
    #expect(text { $0.append(jsonNumber: .nan) } == "null")
    #expect(text { $0.append(jsonNumber: -.infinity) } == "null")
  }
}
