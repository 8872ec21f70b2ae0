import Testing
import Workload

@Suite("Configurations that describe no model")
struct ModelErrorTests {
  private func error(
    _ fields: [String: ConfigurationValue], sequenceLength: Int? = nil
  ) -> ModelError? {
    do throws(ModelError) {
      _ = try Model(name: "bad", huggingFace: fields, sequenceLength: sequenceLength)
      return nil
    } catch { return error }
  }

  @Test func `a missing family is named`() {
    #expect(error([:]) == .missingModelType)
    #expect(error(["model_type": .text("mamba")]) == .unknownModelType("mamba"))
    #expect(error(["architectures": .list([.text("MambaForCausalLM")])]) == .unknownModelType("MambaForCausalLM"))
  }

  @Test func `a missing field is named`() {
    #expect(error(["model_type": .text("llama")]) == .missing(field: "hidden_size"))
    #expect(error(TestModels.llama(["vocab_size": .null])) == .missing(field: "vocab_size"))
  }

  @Test func `a field of the wrong kind is shown`() {
    let found = error(TestModels.llama(["hidden_size": .text("big")]))
    #expect(found == .wrongKind(field: "hidden_size", found: .text("big"), expected: "a whole number"))
    #expect(found?.description == "hidden_size: found 'big', expected a whole number")
    #expect(
      error(TestModels.llama(["hidden_size": .number(64.5)]))
        == .wrongKind(field: "hidden_size", found: .number(64.5), expected: "a whole number"))
    #expect(
      error(TestModels.llama(["tie_word_embeddings": .integer(1)]))
        == .wrongKind(field: "tie_word_embeddings", found: .integer(1), expected: "true or false"))
  }

  @Test(arguments: [0, -1, Int.min, 4_194_305, Int.max])
  func `a number out of range is refused`(width: Int) {
    #expect(
      error(TestModels.llama(["hidden_size": .integer(width)]))
        == .outOfRange(field: "hidden_size", found: width, minimum: 1, maximum: 4_194_304))
  }

  @Test func `heads must divide`() {
    #expect(
      error(TestModels.llama(["num_key_value_heads": .integer(3)]))
        == .notDivisible(field: "num_attention_heads", found: 8, by: "num_key_value_heads", divisor: 3))
    #expect(
      error(TestModels.gpt(hidden: 66))
        == .notDivisible(field: "n_embd", found: 66, by: "n_head", divisor: 4))
  }

  @Test func `contradictions are refused`() {
    #expect(
      error(TestModels.llama(type: "mixtral", ["num_experts_per_tok": .integer(9)]))
        == .exceeds(field: "num_experts_per_tok", found: 9, limitField: "the number of experts", limit: 8))
    #expect(
      error(TestModels.gpt(), sequenceLength: 33)
        == .exceeds(field: "sequence length", found: 33, limitField: "n_positions", limit: 32))
    #expect(error(TestModels.vit, sequenceLength: 16) == .fixedSequenceLength(found: 16, required: 17))
    #expect(
      error(TestModels.swin.merging(["num_heads": .list([.integer(4)])]) { $1 })
        == .wrongLength(field: "num_heads", found: 1, expected: 3))
  }

  @Test func `lists are checked entry by entry`() {
    let fields = TestModels.llama(
      type: "gemma2", ["sliding_window": .integer(8), "layer_types": .list(Array(repeating: .text("odd"), count: 4))])
    #expect(
      error(fields)
        == .unknownWord(
          field: "layer_types[0]", found: "odd", known: ["full_attention", "sliding_attention"]))
  }

  @Test func `too many parameters are refused`() {
    let fields = TestModels.llama(
      type: "mixtral",
      [
        "hidden_size": .integer(4_194_304), "intermediate_size": .integer(4_194_304),
        "num_local_experts": .integer(16_384), "num_hidden_layers": .integer(100),
      ])
    #expect(error(fields) == .tooManyParameters)
  }

  @Test func `no single wrong value traps`() {
    let values: [ConfigurationValue] = [
      .null, .boolean(true), .integer(0), .integer(-3), .integer(1), .integer(7), .integer(.max), .number(.nan),
      .number(.infinity), .number(1e300), .text(""), .list([]), .list([.integer(0)]), .list([.text("x")]),
    ]
    for base in TestModels.all {
      for field in base.keys.sorted() {
        for value in values {
          let found = error(base.merging([field: value]) { $1 })
          #expect(found?.description.isEmpty != true)
        }
      }
    }
  }
}
