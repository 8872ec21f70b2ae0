import ClusterSimulation
import Costing
import Workload

/// What timelines are drawn from: a result in memory, or the file of one.
///
/// Ranks are visited by their place among the simulated ranks, `overview.ranks.indices`.
public protocol TimelineSource {
  /// Everything but tasks and memory.
  var overview: TimelineOverview { get }

  /// Visits the tasks of a rank in program order, some thousand at once.
  ///
  /// - Throws: What `body` throws.
  func forEachBatch(
    ofRank place: Int, _ body: (borrowing [TimelineTask]) throws(ExportError) -> Void
  ) throws(ExportError)

  /// The memory ledger of a rank.
  func memory(ofRank place: Int) throws(ExportError) -> MemoryTimeline

  /// When the task of a row ran, in nanoseconds.
  func span(ofRow row: Int) -> TimelineSpan
}

extension TimelineSource {
  /// Visits the tasks of a rank in program order, one by one.
  ///
  /// - Throws: What `body` throws.
  public func forEachTask(
    ofRank place: Int, _ body: (TimelineTask) throws(ExportError) -> Void
  ) throws(ExportError) {
    try forEachBatch(ofRank: place) { batch throws(ExportError) in
      for index in batch.indices { try body(batch[index]) }
    }
  }
}

/// Start and end in nanoseconds from the start of the iteration.
public struct TimelineSpan: Hashable, Sendable {
  /// Start in nanoseconds.
  public var start: Int64
  /// End in nanoseconds.
  public var end: Int64

  /// Pairs both.
  public init(start: Int64, end: Int64) {
    self.start = start
    self.end = end
  }
}

/// One task as timelines show it.
public struct TimelineTask: Hashable, Sendable {
  /// Row in the trace.
  public var row: Int
  /// Start and end.
  public var span: TimelineSpan
  /// Stream it ran on.
  public var stream: StreamKind
  /// What it does.
  public var kind: TaskKind
  /// What the duration of a kernel rests on; `nil` for collectives and messages.
  public var basis: KernelBasis?
  /// Pattern of a collective; `nil` for kernels and messages.
  public var collective: CollectiveKind?
  /// Index into ``TimelineOverview/names``.
  public var name: Int32
  /// Layer of the model, or -1.
  public var layer: Int32
  /// Micro-batch, or -1.
  public var microBatch: Int32
  /// Virtual pipeline stage, or -1.
  public var virtualStage: Int32
  /// Global rank at the other end of a message, or -1.
  public var peer: Int32
  /// Ranks that take part: 1 for a kernel, 2 for a message.
  public var groupSize: Int32
  /// Bytes moved: memory traffic of a kernel, payload of a collective or message.
  public var bytes: Int64
  /// Floating-point operations of a kernel.
  public var operations: Double
  /// Row of the send that a receive waited for, or -1.
  public var senderRow: Int
  /// Number of the collective among those of several simulated ranks, the same for all its members, or -1.
  public var gathering: Int64

  /// Whether it has a duration worth a slice.
  public var isShown: Bool { kind != .marker }
}

/// Everything a timeline tells besides tasks and memory.
public struct TimelineOverview: Hashable, Sendable {
  /// One simulated rank.
  public struct Rank: Hashable, Sendable {
    /// Global rank (the class's representative when ranks are folded).
    public var number: Int
    /// Pipeline stage.
    public var stage: Int
    /// Node.
    public var node: Int
    /// Ranks it stands for, itself included.
    public var represented: Int
    /// Its rows in the trace.
    public var rows: Range<Int>
    /// Bytes it may use.
    public var capacity: Int64
  }

  /// The first request that did not fit.
  public struct Failure: Hashable, Sendable {
    /// Global rank.
    public var rank: Int
    /// Nanoseconds.
    public var time: Int64
    /// What asked.
    public var task: String
    /// Bytes asked for.
    public var requested: Int64
    /// Bytes held before, all categories.
    public var held: Int64
  }

  /// A condition that makes a rank or a link unlike its kind, from an instant on.
  public struct Fault: Hashable, Sendable {
    /// Nanoseconds.
    public var time: Int64
    /// Global rank, or -1 for a link.
    public var rank: Int
    /// For people, for example `rank 3 at 0.5 of its speed`.
    public var text: String
  }

  /// Links that carry the same at every instant.
  public struct Link: Hashable, Sendable {
    /// Name of the first of them.
    public var name: String
    /// How many there are.
    public var count: Int
    /// Mean fraction of the capacity in use, by interval.
    public var utilization: [Double]
  }

  /// Name of the scenario.
  public var title: String
  /// Names of tasks.
  public var names: [String]
  /// End of the last task in nanoseconds.
  public var iteration: Int64
  /// Ranks of the cluster.
  public var clusterRanks: Int
  /// Simulated ranks, ascending.
  public var ranks: [Rank]
  /// The first request that did not fit; `nil` when everything fits.
  public var failure: Failure?
  /// Conditions, by time.
  public var faults: [Fault]
  /// Links of a shared network; empty for runs with an ideal one.
  public var links: [Link]
  /// Length of the intervals of ``Link/utilization`` in nanoseconds.
  public var interval: Int64
}

extension TimelineOverview {
  /// Place of a global rank among the simulated ones. O(log ranks).
  public func place(ofRank rank: Int) -> Int? {
    var (low, high) = (0, ranks.count)
    while low < high {
      let middle = (low + high) / 2
      if ranks[middle].number < rank { low = middle + 1 } else { high = middle }
    }
    return low < ranks.count && ranks[low].number == rank ? low : nil
  }

  /// Places ordered by stage, then rank.
  public var placesByStage: [Int] {
    ranks.indices.sorted { (ranks[$0].stage, $0) < (ranks[$1].stage, $1) }
  }
}
