import Quantities

/// How the ranks of a cluster differ from what its description promises: a run on real machines is never uniform.
public struct Conditions: Hashable, Sendable {
  /// A GPU that computes at another speed than its kind, throughout.
  public struct SlowDevice: Hashable, Sendable {
    /// Global rank.
    public let rank: Int
    /// Fraction of the normal speed, above zero.
    public let speed: Double

    /// Describes a GPU.
    public init(rank: Int, speed: Double) {
      self.rank = rank
      self.speed = speed
    }
  }

  /// A GPU that computes at another speed for a while.
  public struct Straggler: Hashable, Sendable {
    /// Global rank.
    public let rank: Int
    /// When it begins, from the start of the iteration.
    public let from: SimTime
    /// When it ends.
    public let until: SimTime
    /// Fraction of the normal speed in between, above zero.
    public let speed: Double

    /// Describes an interval; `from < until`.
    public init(rank: Int, from: SimTime, until: SimTime, speed: Double) {
      self.rank = rank
      self.from = from
      self.until = until
      self.speed = speed
    }
  }

  /// A cable that carries less than its kind.
  public struct SlowLink: Hashable, Sendable {
    /// Name of one of its directions, as ``Topology/name(ofLink:)``; both are slow.
    public let name: String
    /// Fraction of the normal bandwidth, above zero.
    public let speed: Double

    /// Describes a cable.
    public init(name: String, speed: Double) {
      self.name = name
      self.speed = speed
    }
  }

  /// GPUs that are slow throughout; each rank at most once.
  public var slowDevices: [SlowDevice] = []
  /// Slow intervals; those of one rank do not overlap.
  public var stragglers: [Straggler] = []
  /// Cables that are slow throughout; each at most once.
  public var slowLinks: [SlowLink] = []
  /// Cables that carry nothing, by the name of one of their directions; messages take other ways.
  public var failedLinks: [String] = []
  /// How the time of each kernel varies.
  public var jitter: Jitter?
  /// What the varying times are drawn from, and what hashed ways through the fabric depend on.
  public var seed: UInt64 = 0

  /// Uniform ranks.
  public init() {}

  /// Whether GPUs and links are what the cluster promises.
  public var isUniform: Bool { slowDevices.isEmpty && stragglers.isEmpty && jitter == nil && !disturbsLinks }

  /// Whether links are slow or have failed; only a network of shared links knows.
  public var disturbsLinks: Bool { !slowLinks.isEmpty || !failedLinks.isEmpty }
}

/// How the time of a kernel varies from one execution to the next: a factor with mean 1 on its duration.
public enum Jitter: Hashable, Sendable {
  /// Normal with a standard deviation, cut at a tenth of the normal time.
  case normal(deviation: Double)
  /// Lognormal with a standard deviation of the logarithm.
  case lognormal(deviation: Double)
  /// Measured: factors and how often each was seen.
  case histogram([Bin])

  /// One measured factor.
  public struct Bin: Hashable, Sendable {
    /// Time over the normal time, above zero.
    public let factor: Double
    /// How often, above zero.
    public let weight: Double

    /// Makes a bin.
    public init(factor: Double, weight: Double) {
      self.factor = factor
      self.weight = weight
    }
  }

  /// Number of equally likely factors a distribution is cut into.
  public static let resolution = 1024

  /// The factors at the middles of ``resolution`` equally likely slices, ascending.
  public var quantiles: [Double] {
    (0..<Self.resolution).map { index in
      let probability = (Double(index) + 0.5) / Double(Self.resolution)
      return switch self {
      case .normal(let deviation): max(0.1, 1 + deviation * normalQuantile(probability))
      case .lognormal(let deviation): exponential(deviation * normalQuantile(probability) - deviation * deviation / 2)
      case .histogram(let bins): Self.quantile(probability, of: bins)
      }
    }
  }

  private static func quantile(_ probability: Double, of bins: [Bin]) -> Double {
    let ordered = bins.sorted { $0.factor < $1.factor }
    let total = ordered.reduce(0) { $0 + $1.weight }
    var seen = 0.0
    for bin in ordered {
      seen += bin.weight
      if probability * total <= seen { return bin.factor }
    }
    return ordered.last?.factor ?? 1
  }
}
