/// One key that a value of a sweep changes.
struct SweepChange: Sendable {
  /// What the key belongs to.
  enum Target: Sendable {
    /// The scenario.
    case scenario(TreeOverride)
    /// The task, such as the method of a search.
    case setting(SweepSettings.Change)
  }

  /// The key, as in `--set`.
  let path: String
  /// Its value, at its place in the file.
  let value: DocumentNode
  /// What it changes.
  let target: Target

  /// Whether it belongs to the scenario.
  var isOfScenario: Bool {
    if case .scenario = target { true } else { false }
  }

  /// The scenario with the change.
  ///
  /// - Throws: ``InputError`` located at the value, when the path leads through something that is no mapping or list.
  func applied(to root: DocumentNode) throws(InputError) -> DocumentNode {
    guard case .scenario(let change) = target else { return root }
    return try change.applied(to: root)
  }
}

/// How the task of a point runs; words stand as the file has them, checked against ``SweepVocabulary``.
public struct SweepSettings: Hashable, Sendable {
  /// What one key changes.
  typealias Change = @Sendable (inout SweepSettings) -> Void

  /// Method of a search.
  public var method: String?
  /// Who decides between plans.
  public var evaluator: String?
  /// What may vary.
  public var dimensions: [String]?
  /// Batch sizes a search tries.
  public var globalBatches: [Int]?
  /// Micro-batches a search tries.
  public var microBatches: [Int]?
  /// Most rounds of simulation and correction.
  public var rounds: Int?
  /// Plans a search simulates in a round.
  public var finalists: Int?
  /// How the network is shared.
  public var network: String?
  /// Which executor replays.
  public var executor: String?
  /// Seed of everything random.
  public var seed: Int?
  /// Whether every rank is simulated.
  public var expandsRanks: Bool?

  /// Defaults everywhere.
  public init() {}
}

/// The words that settings of a sweep may have: they belong to modules that this one does not know.
public struct SweepVocabulary: Hashable, Sendable {
  /// Methods of a search.
  public let methods: [String]
  /// Who may decide between plans.
  public let evaluators: [String]
  /// What may vary in a search.
  public let dimensions: [String]
  /// Ways to share a network.
  public let networks: [String]
  /// Executors.
  public let executors: [String]
  /// Names that columns of results have, which axes may not take.
  public let columns: [String]

  /// Lists the words.
  public init(
    methods: [String], evaluators: [String], dimensions: [String], networks: [String], executors: [String],
    columns: [String]
  ) {
    self.methods = methods
    self.evaluators = evaluators
    self.dimensions = dimensions
    self.networks = networks
    self.executors = executors
    self.columns = columns
  }
}
