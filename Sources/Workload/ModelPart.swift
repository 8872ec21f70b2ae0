extension Model {
  /// The model with other blocks: the kinds of a real one, repeated or left out.
  public func replacingBlocks(_ blocks: [Layer]) -> Model {
    Model(name: name, embedding: embedding, blocks: blocks, head: head, tiesEmbeddings: tiesEmbeddings)
  }
}
