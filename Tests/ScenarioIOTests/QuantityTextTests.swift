import Quantities
import TestSupport
import Testing

@testable import ScenarioIO

@Suite("Quantities as text")
struct QuantityTextTests {
  @Test func `units mean what they say`() throws {
    #expect(try QuantityText.bytes("80GiB") == Bytes(85_899_345_920))
    #expect(try QuantityText.bytes("24GB") == Bytes(24_000_000_000))
    #expect(try QuantityText.bytes("1e9B") == Bytes(1_000_000_000))
    #expect(try QuantityText.bytes("0.5 KiB") == Bytes(512))
    // Beyond 2^53, where doubles have gaps.
    #expect(try QuantityText.bytes("9007199254740993B") == Bytes(9_007_199_254_740_993))
    #expect(try QuantityText.bandwidth("400Gb/s") == QuantityText.bandwidth("50GB/s"))
    #expect(try QuantityText.bandwidth("25GiB/s").bytesPerSecond == 26_843_545_600)
    #expect(try QuantityText.seconds("2us") == Seconds(2e-6))
    #expect(try QuantityText.seconds("1.5ms") == Seconds(1.5e-3))
    #expect(try QuantityText.compute("19.5TFLOP/s") == QuantityText.compute("19.5TFLOPS"))
    #expect(try QuantityText.compute("1.2PFLOPS") == .teraflops(1200))
  }

  @Test(
    arguments: [
      ("80", .unitMissing), ("", .notAQuantity), ("GiB", .notAQuantity), ("nanB", .notAQuantity),
      ("infB", .notAQuantity),
      ("-1B", .notPositive), ("0B", .notPositive), ("0.1B", .notPositive), ("1e400B", .tooLarge),
      ("2048PiB", .tooLarge),
      ("1e18GiB", .tooLarge), ("0x10B", .unknownUnit("x10B", nearest: nil)),
      ("8gib", .unknownUnit("gib", nearest: "8GiB")),
      ("1,5GB", .unknownUnit(",5GB", nearest: nil)),
    ] as [(String, QuantityText.Failure)])
  func `what is no amount of memory is refused with its reason`(text: String, failure: QuantityText.Failure) {
    #expect(throws: failure) { try QuantityText.bytes(text) }
  }

  @Test func `printed quantities read back as the same value`() throws {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<2000 {
      let amount = Bytes(Int64.random(in: 1...(1 << 60), using: &random) >> Int64.random(in: 0...59, using: &random))
      if amount > .zero { #expect(try QuantityText.bytes(QuantityText.text(amount)) == amount) }
      let exponent = Double.random(in: -9...9, using: &random)
      let value = Double.random(in: 1...10, using: &random) * (exponent < 0 ? 1e-7 : 1e5)
      #expect(try QuantityText.seconds(QuantityText.text(Seconds(value))) == Seconds(value))
      let rate = Bandwidth(bytesPerSecond: value * 1e6)
      #expect(try QuantityText.bandwidth(QuantityText.text(rate)) == rate)
      let compute = ComputeRate(operationsPerSecond: value * 1e9)
      #expect(try QuantityText.compute(QuantityText.text(compute)) == compute)
    }
  }

  @Test func `round numbers are printed as people write them`() {
    #expect(QuantityText.text(.gibibytes(80)) == "80GiB")
    #expect(QuantityText.text(Bytes(24_000_000_000)) == "24GB")
    #expect(QuantityText.text(Bytes.zero) == "0B")
    #expect(QuantityText.text(.gigabytesPerSecond(300)) == "300GB/s")
    #expect(QuantityText.text(.teraflops(312)) == "312TFLOPS")
    #expect(QuantityText.text(Seconds(2e-6)) == "2us")
  }

  @Test func `the nearest spelling is near`() {
    #expect(Spelling.nearest(to: "micro_bach", among: ["global_batch", "micro_batch"]) == "micro_batch")
    #expect(Spelling.nearest(to: "adma", among: ["adam", "sgd"]) == "adam")
    #expect(Spelling.nearest(to: "completely", among: ["adam", "sgd"]) == nil)
    #expect(Spelling.distance("", "abc") == 3 && Spelling.distance("ab", "ba") == 1)
  }
}

@Suite("JSON")
struct JSONTextTests {
  @Test func `keys keep their order and numbers their value`() {
    let value: JSONValue = [
      "b": 1, "a": [0.1, true, .null, .number(.nan)], "c": .integer(Int64.max), "d": "x\"\n\u{1}",
    ]
    #expect(
      value.compactText
        == "{\"b\":1,\"a\":[0.1,true,null,null],\"c\":9223372036854775807,\"d\":\"x\\\"\\n\\u0001\"}")
    #expect(JSONValue.object([]).indentedText == "{}")
    #expect((["a": [1]] as JSONValue).indentedText == "{\n  \"a\": [\n    1\n  ]\n}")
  }

  @Test func `what is written can be read`() throws {
    let value: JSONValue = ["text": "\u{1f600} \\ / \u{7f}", "number": 1e-7, "empty": [], "nested": ["k": -3]]
    let root = try SourceDocument.parse(value.indentedText, source: SourceFile(name: "x", directory: nil)).root
    #expect(root["text"]?.text == "\u{1f600} \\ / \u{7f}")
    #expect(root["number"]?.value == .number(1e-7))
    #expect(root["nested"]?["k"]?.value == .integer(-3))
  }
}
