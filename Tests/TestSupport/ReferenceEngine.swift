import ClusterSimulation
import HeapModule

/// A slow and obvious simulator of a written-out task graph: one event per task and barrier, in order of time.
///
/// It shares no code with the executors; where they disagree, they are wrong.
public enum ReferenceEngine {
  /// When each task ran, in nanoseconds; -1 for a task that never started.
  public struct Times: Hashable, Sendable {
    /// Start of each task; shape `[tasks]`.
    public var starts: [Int64]
    /// End of each task; shape `[tasks]`.
    public var ends: [Int64]
  }

  /// A node ends.
  private struct Completion: Comparable {
    var time: Int64
    var node: Int

    static func < (left: Completion, right: Completion) -> Bool {
      left.time != right.time ? left.time < right.time : left.node < right.node
    }
  }

  /// Runs a graph.
  ///
  /// A receive starts to work when its stream is free and the message is on its way, and ends when the message is there.
  public static func run(_ graph: TaskGraph) -> Times {
    var successors = Array(repeating: [Int](), count: graph.nodeCount)
    var missing = Array(repeating: 0, count: graph.nodeCount)
    for node in 0..<graph.nodeCount {
      for predecessor in graph.predecessors(of: node) { successors[Int(predecessor)].append(node) }
      missing[node] = graph.predecessors(of: node).count
    }
    var times = Times(
      starts: Array(repeating: -1, count: graph.nodeCount), ends: Array(repeating: -1, count: graph.nodeCount))
    var pending = Heap<Completion>()
    for node in 0..<graph.nodeCount where missing[node] == 0 {
      times.starts[node] = 0
      pending.insert(Completion(time: graph.durations[node], node: node))
    }
    while let completion = pending.popMin() {
      times.ends[completion.node] = completion.time
      for node in successors[completion.node] {
        missing[node] -= 1
        guard missing[node] == 0 else { continue }
        times.starts[node] = start(of: node, in: graph, times, now: completion.time)
        pending.insert(Completion(time: completion.time + graph.durations[node], node: node))
      }
    }
    return Times(
      starts: Array(times.starts[..<graph.taskCount]), ends: Array(times.ends[..<graph.taskCount]))
  }

  private static func start(of node: Int, in graph: TaskGraph, _ times: Times, now: Int64) -> Int64 {
    guard node < graph.taskCount, graph.sends[node] >= 0 else { return now }
    let send = Int(graph.sends[node])
    let others = graph.predecessors(of: node).filter { Int($0) != send }
    return others.reduce(times.starts[send]) { max($0, times.ends[Int($1)]) }
  }
}
