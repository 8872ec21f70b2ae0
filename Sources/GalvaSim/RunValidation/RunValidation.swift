import Dispatch
import ScenarioIO
import Synchronization

/// Measured training runs beside their simulations.
public struct RunValidation: Sendable {
  /// One row of the measurements.
  public struct Row: Hashable, Sendable {
    /// The row's name.
    public let id: String
    /// File and line, for people.
    public let place: String
    /// The table or publication it is from.
    public let source: String
    /// The GPU as the row names it.
    public let gpu: String
    /// The kinds of parallelism it uses, for example `tp+pp+dp`.
    public let plan: String
    /// Rows of equal models and numbers of GPUs are ranked against each other.
    public let group: String
    /// Whether constants may be fitted on it.
    public let isCalibration: Bool
    /// Tokens of an iteration; `nil` when the row does not give them.
    public let tokens: Double?
    /// Seconds; `nil` when the row has no time.
    public let measuredTime: Double?
    /// Seconds; `nil` when it cannot be predicted.
    public let predictedTime: Double?
    /// In the row's own metric and unit.
    public let measuredMemory: Double?
    /// In the row's own metric and unit.
    public let predictedMemory: Double?
    /// `ok`, `out_of_memory` or `failed`.
    public let measuredStatus: String
    /// `fits` or `out_of_memory`; `nil` when it cannot be predicted.
    public let predictedVerdict: String?
    /// Seconds of the busiest rank: compute, bubble, exposed communication, optimizer; empty without a prediction.
    public let parts: [Double]
    /// Why the row does not count.
    public let skippedReason: String?
    /// What the row does not say and was assumed.
    public let assumptions: [String]

    /// Predicted over measured time, less one.
    public var timeError: Double? { Self.error(predictedTime, measuredTime) }
    /// Predicted over measured memory, less one.
    public var memoryError: Double? { Self.error(predictedMemory, measuredMemory) }

    private static func error(_ predicted: Double?, _ measured: Double?) -> Double? {
      predicted.flatMap { predicted in measured.map { predicted / $0 - 1 } }
    }
  }

  /// The rows, in the order of the files.
  public let rows: [Row]

  /// Simulates every row of some files.
  ///
  /// - Parameters:
  ///   - paths: Tables of measured runs.
  ///   - jobs: Rows at a time; results do not depend on it.
  ///   - sample: Takes about one row in so many, by a hash of its id.
  /// - Throws: ``InputError``: files that are missing, or have columns or cells that cannot be used.
  public init(paths: [String], jobs: Int = 1, sample: Int = 1) throws(InputError) {
    var cases: [RunCase] = []
    var mapping = RunMapping()
    var exclusion = RunExclusion()
    for path in paths {
      let runs = try RunTable.load(path: path)
      exclusion.begin(runs)
      for (run, source) in zip(runs, RunSource.groups(runs, path: path)) where run.isIn(sample: sample) {
        cases.append(RunCase(run, path: path, source: source, mapping: &mapping, exclusion: &exclusion))
      }
    }
    rows = Self.simulate(cases, jobs: jobs)
  }

  /// Workers take rows one by one and put results where they belong.
  private static func simulate(_ cases: [RunCase], jobs: Int) -> [Row] {
    let next = Atomic<Int>(0)
    let results = Mutex<[Row?]>(Array(repeating: nil, count: cases.count))
    DispatchQueue.concurrentPerform(iterations: max(1, min(jobs, cases.count))) { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < cases.count else { return }
        let row = cases[index].row()
        results.withLock { $0[index] = row }
      }
    }
    return results.withLock { $0.compactMap(\.self) }
  }
}
