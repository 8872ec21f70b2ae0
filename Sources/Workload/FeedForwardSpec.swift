/// The feed-forward part of a block.
public enum FeedForwardSpec: Hashable, Sendable {
  /// One network for all tokens.
  case dense(DenseSpec)
  /// Many networks, a few of them for each token.
  case mixture(MixtureSpec)
}

/// Two products with an activation between them.
public struct DenseSpec: Hashable, Sendable {
  /// Width between the products.
  public internal(set) var width: Int
  /// Whether the first product also makes a gate (SwiGLU, GeGLU: Shazeer 2020, arXiv 2002.05202).
  public internal(set) var isGated: Bool
  /// Whether the products have biases.
  public internal(set) var hasBias = false

  /// Columns of the first product.
  public var upWidth: Int { isGated ? 2 * width : width }

  /// Weights of both products over a stream of `hidden` features, biases not counted.
  public func weightCount(hidden: Int) -> Int64 { Int64(hidden) * Int64(upWidth + width) }
}

/// A mixture of experts.
public struct MixtureSpec: Hashable, Sendable {
  /// One expert.
  public internal(set) var expert: DenseSpec
  /// Routed experts.
  public internal(set) var experts: Int
  /// Experts each token visits.
  public internal(set) var expertsPerToken: Int
  /// The expert every token visits; several are one wide network.
  public internal(set) var shared: DenseSpec?
  /// Whether a product `h -> 1` scales the shared expert (Qwen2-MoE).
  public internal(set) var gatesShared = false
  /// Whether the router has a bias that is trained (gpt-oss).
  public internal(set) var routerBias = false
}
