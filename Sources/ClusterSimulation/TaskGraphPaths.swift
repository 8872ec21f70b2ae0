import Quantities

/// A longest chain of tasks, each waiting for the one before.
public struct CriticalPath: Hashable, Sendable {
  /// The sum of its durations: no executor can end earlier.
  public var length: SimDuration
  /// Its rows, first to last.
  public var tasks: [Int]
}

/// The work of one stream of one rank.
public struct StreamWork: Hashable, Sendable {
  /// Global rank.
  public var rank: Int
  /// The stream.
  public var stream: StreamKind
  /// Durations of all its tasks together, waiting not counted.
  public var work: SimDuration
}

extension TaskGraph {
  /// A longest chain of tasks that wait for each other; the iteration takes exactly as long when nothing is shared.
  ///
  /// - Throws: ``TaskGraphError/cycle(node:)`` when tasks wait for each other in a circle.
  /// - Complexity: O(nodes + edges).
  public func criticalPath() throws(TaskGraphError) -> CriticalPath {
    var ends = Array(repeating: Int64(-1), count: nodeCount)
    for node in try topologicalOrder() { ends[node] = start(of: node, ends) + durations[node] }
    guard let length = ends.max(), var node = ends.firstIndex(of: length) else {
      return CriticalPath(length: .zero, tasks: [])
    }
    var tasks = [node]
    while let previous = predecessors(of: node).first(where: { ends[Int($0)] == ends[node] - durations[node] }) {
      node = Int(previous)
      tasks.append(node)
    }
    return CriticalPath(
      length: SimDuration(nanoseconds: length), tasks: tasks.reversed().filter { $0 < taskCount })
  }

  /// The stream that works longest; a lower bound of the iteration. `nil` without tasks.
  public var busiestStream: StreamWork? {
    var busiest: StreamWork?
    for rank in 0..<map.rankCount {
      var work = Array(repeating: Int64(0), count: StreamKind.count)
      for step in programs.steps[programs.stepRange(ofProgram: Int(map.programs[rank]))] {
        for operation in programs.operations[programs.operationRange(ofTemplate: Int(step.template))] {
          work[Int(operation.stream)] += operation.duration
        }
      }
      for (stream, nanoseconds) in zip(StreamKind.allCases, work) where nanoseconds > busiest?.work.nanoseconds ?? -1 {
        busiest = StreamWork(
          rank: map.globalRanks[rank], stream: stream, work: SimDuration(nanoseconds: nanoseconds))
      }
    }
    return busiest
  }

  /// The earliest instant at which everything a node waits for has ended.
  private func start(of node: Int, _ ends: [Int64]) -> Int64 {
    predecessors(of: node).reduce(0) { max($0, ends[Int($1)]) }
  }

  /// Every node after all it waits for.
  func topologicalOrder() throws(TaskGraphError) -> [Int] {
    let successors = Successors(self)
    var missing = (0..<nodeCount).map { predecessorOffsets[$0 + 1] - predecessorOffsets[$0] }
    var order = (0..<nodeCount).filter { missing[$0] == 0 }
    var next = 0
    while next < order.count {
      for successor in successors.of(order[next]) {
        missing[Int(successor)] -= 1
        if missing[Int(successor)] == 0 { order.append(Int(successor)) }
      }
      next += 1
    }
    guard order.count == nodeCount else { throw .cycle(node: missing.firstIndex { $0 > 0 } ?? 0) }
    return order
  }
}

/// The edges of a task graph the other way round.
private struct Successors {
  private var offsets: [Int]
  private var nodes: [Int32]

  init(_ graph: TaskGraph) {
    var counts = Array(repeating: 0, count: graph.nodeCount + 1)
    for node in graph.predecessors { counts[Int(node) + 1] += 1 }
    for node in 0..<graph.nodeCount { counts[node + 1] += counts[node] }
    offsets = counts
    nodes = Array(repeating: 0, count: graph.edgeCount)
    for node in 0..<graph.nodeCount {
      for predecessor in graph.predecessors(of: node) {
        nodes[counts[Int(predecessor)]] = Int32(node)
        counts[Int(predecessor)] += 1
      }
    }
  }

  func of(_ node: Int) -> ArraySlice<Int32> { nodes[offsets[node]..<offsets[node + 1]] }
}
