import Workload

/// What one layer allows a strategy to split.
package struct LayerLimits: Hashable, Sendable {
  /// A count that a degree has to divide.
  package struct Divisor: Hashable, Sendable {
    /// What is counted, for people.
    package let name: String
    /// How many there are.
    package let count: Int

    /// Names a count.
    package init(name: String, count: Int) {
      self.name = name
      self.count = count
    }
  }

  /// What tensor parallelism has to divide.
  package var divisors: [Divisor] = []
  /// Routed experts; 0 for a dense layer.
  package var experts = 0
  /// Positions of the sequence the layer works on.
  package var sequenceLength: Int

  /// A dense layer without counted parts; set them afterwards.
  package init(sequenceLength: Int) { self.sequenceLength = sequenceLength }

  /// Asks a layer.
  package init(_ layer: Layer) {
    divisors = layer.tensorDivisors.map { Divisor(name: $0.name, count: $0.count) }
    experts = layer.expertCount
    sequenceLength = layer.sequenceLength
  }
}

/// What a model allows a plan to split.
package struct ModelLimits: Hashable, Sendable {
  /// One entry per block of the model.
  package var blocks: [LayerLimits]
  /// The embedding's.
  package var embedding: LayerLimits
  /// The head's.
  package var head: LayerLimits

  /// Collects the parts.
  package init(blocks: [LayerLimits], embedding: LayerLimits, head: LayerLimits) {
    self.blocks = blocks
    self.embedding = embedding
    self.head = head
  }

  /// Asks a model.
  package init(_ model: Model) {
    blocks = model.blocks.map(LayerLimits.init)
    embedding = LayerLimits(model.embedding)
    head = LayerLimits(model.head)
  }
}
