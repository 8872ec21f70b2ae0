import Quantities

/// The programs of all simulated ranks written out: every task, and everything it waits for.
///
/// For people, and as the oracle of tests; the executors never build it. Nodes `0 ..< taskCount` are the rows of the
/// trace. After them come barriers, one per gathering of a group: a barrier waits for what any member of the gathering
/// waits for, and the members wait for the barrier alone, so they start at the same instant. Barriers take no time.
///
/// - Complexity: O(tasks + waits) memory, about 40 bytes per task.
public struct TaskGraph: Hashable, Sendable {
  /// Most tasks that are written out.
  public static let limit = 50_000_000

  /// What the ranks run.
  public let programs: ProgramSet
  /// Which ranks there are.
  public let map: RankMap
  /// Nanoseconds each node takes once it has started; shape `[nodes]`.
  public let durations: [Int64]
  /// First entry of each node in ``predecessors``, and the number of edges at the end; shape `[nodes + 1]`.
  public let predecessorOffsets: [Int]
  /// Nodes that must have ended before a node starts; no node twice for the same successor task.
  public let predecessors: [Int32]
  /// Row of the send whose message a receive takes, -1 for any other task; shape `[tasks]`.
  public let sends: [Int32]

  /// Tasks: rows of the trace.
  public var taskCount: Int { map.rowCount }

  /// Tasks and barriers.
  public var nodeCount: Int { durations.count }

  /// Gatherings of groups.
  public var barrierCount: Int { nodeCount - taskCount }

  /// Edges, those from and to barriers included.
  public var edgeCount: Int { predecessors.count }

  /// What a node waits for.
  public func predecessors(of node: Int) -> ArraySlice<Int32> {
    predecessors[predecessorOffsets[node]..<predecessorOffsets[node + 1]]
  }

  /// Writes compiled programs out.
  ///
  /// - Parameters:
  ///   - limit: Most tasks to write out.
  /// - Throws: ``TaskGraphError`` when there are too many tasks, a receive has no send, or ranks gather differently often.
  public init(programs: ProgramSet, map: RankMap, limit: Int = TaskGraph.limit) throws(TaskGraphError) {
    guard map.rowCount <= limit else { throw .tooManyTasks(found: map.rowCount, limit: limit) }
    var expansion = TaskGraphExpansion(programs: programs, map: map)
    try expansion.addTasks()
    let edges = try expansion.edges()
    self.programs = programs
    self.map = map
    durations = expansion.durations + Array(repeating: 0, count: expansion.gatherings.count)
    predecessorOffsets = edges.offsets
    predecessors = edges.nodes
    sends = expansion.sends
  }
}

/// Why programs cannot be written out or never end.
public enum TaskGraphError: Error, Hashable, Sendable {
  /// More tasks than a person could read or a test could check.
  case tooManyTasks(found: Int, limit: Int)
  /// A receive whose message nobody sends.
  case missingSend(row: Int)
  /// A gathering that some members of a group never come to.
  case incompleteGathering(group: Int, found: Int, expected: Int)
  /// Tasks that wait for each other; the first of them.
  case cycle(node: Int)
}

extension TaskGraphError: CustomStringConvertible {
  /// What was found, what to do.
  public var description: String {
    switch self {
    case .tooManyTasks(let found, let limit):
      "\(found) tasks are too many to write out, the limit is \(limit); fold the ranks, or use fewer micro-batches"
    case .missingSend(let row): "task \(row) receives a message that no task sends"
    case .incompleteGathering(let group, let found, let expected):
      "group \(group) gathers \(found) ranks, expected \(expected)"
    case .cycle(let node): "task \(node) waits for itself through others"
    }
  }
}
