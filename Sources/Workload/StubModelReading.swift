// Stand-in for the model reader of branch `workload`; dropped at merge.

/// A model configuration that does not describe a model.
public struct ModelError: Error, CustomStringConvertible {
  /// The field at fault.
  public let field: String?
  /// Where, what was found, what to do.
  public let description: String
}

extension Model {
  /// Builds as many equal blocks as `num_hidden_layers` says.
  public init(name: String, huggingFace: [String: ConfigurationValue], sequenceLength: Int?) throws(ModelError) {
    guard case .integer(let count)? = huggingFace["num_hidden_layers"], count > 0, count < 10_000 else {
      throw ModelError(
        field: "num_hidden_layers", description: "num_hidden_layers: missing; this kind of model needs it")
    }
    let length = sequenceLength ?? 197
    func layer(_ role: LayerRole) -> Layer {
      Layer(role: role, typeIndex: 0, block: .undefined, sequenceLength: length)
    }
    self.init(
      name: name, embedding: layer(.embedding), blocks: Array(repeating: layer(.decoder), count: count),
      head: layer(.head), tiesEmbeddings: false)
  }

  /// Parameters of the whole model.
  public var parameterCount: Int64 { 0 }
}
