/// Partial choices that end at one layer, by the strategy they end with: memory ascending, time descending.
///
/// A choice that another one of the same last strategy beats in both is not kept, so the lists are Pareto fronts.
struct ChainLabels {
  /// Memory so far, in units; shape `[labels]`.
  private(set) var memory: [Int] = []
  /// Time so far, in seconds; shape `[labels]`.
  private(set) var time: [Double] = []
  /// Index of the choice one layer shorter, -1 at the first layer; shape `[labels]`.
  private(set) var parent: [Int32] = []
  /// First label of each strategy, and the number of labels at the end; shape `[strategies + 1]`.
  private(set) var firsts: [Int] = [0]

  /// Labels.
  var count: Int { memory.count }

  /// The strategy a label ends with.
  func strategy(of label: Int) -> Int {
    var low = 0
    var high = firsts.count - 2
    while low < high {
      let middle = (low + high + 1) / 2
      if firsts[middle] <= label { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// Appends a label of the present strategy; the caller appends in order of memory.
  ///
  /// A label that needs what the one before needs replaces it.
  @inline(__always)
  mutating func append(memory needed: Int, time taken: Double, parent label: Int32) {
    if let first = firsts.last, count > first, memory[count - 1] == needed {
      time[count - 1] = taken
      parent[count - 1] = label
      return
    }
    memory.append(needed)
    time.append(taken)
    parent.append(label)
  }

  /// Ends the present strategy's labels.
  mutating func closeStrategy() { firsts.append(count) }

  /// The fastest label within a limit: its index.
  func best(within limit: Int) -> Int? {
    var best: Int?
    for index in 0..<count where memory[index] <= limit {
      if best.map({ time[index] < time[$0] }) ?? true { best = index }
    }
    return best
  }
}

/// Labels of all strategies in order of memory, without those that no continuation needs.
struct ChainFrontier {
  /// Index of each label among the layer's labels.
  private(set) var labels: [Int32] = []
  /// Memory of each.
  private(set) var memory: [Int] = []
  /// Time of each.
  private(set) var time: [Double] = []
  /// Strategy of each, times the number of strategies: the row of its transitions.
  private(set) var row: [Int] = []

  /// Sorts a layer's labels and drops those beaten whatever comes next.
  ///
  /// A label is beaten when another needs no more memory and its time plus the dearest way on is no more than the
  /// label's time plus the cheapest way on.
  ///
  /// - Parameters:
  ///   - next: The kind of the next layer.
  ///   - strategies: Number of strategies.
  init(_ source: ChainLabels, next: ChainProblem.Kind, strategies: Int) {
    var cheapest = [Double](repeating: .infinity, count: strategies)
    var dearest = [Double](repeating: 0, count: strategies)
    for from in 0..<strategies {
      for to in 0..<strategies {
        cheapest[from] = min(cheapest[from], next.transition[from * strategies + to])
        dearest[from] = max(dearest[from], next.transition[from * strategies + to])
      }
    }
    var bar = Double.infinity
    for key in Self.keys(source) {
      let label = Int(key & 0xff_ffff)
      let from = source.strategy(of: label)
      guard source.time[label] + cheapest[from] < bar else { continue }
      bar = min(bar, source.time[label] + dearest[from])
      labels.append(Int32(label))
      memory.append(source.memory[label])
      time.append(source.time[label])
      row.append(from * strategies)
    }
  }

  /// Labels in order of memory, as sort keys with the label in the low 24 bits.
  private static func keys(_ source: ChainLabels) -> [UInt64] {
    precondition(source.count <= 0xff_ffff, "more partial choices than sort keys can hold")
    var keys: [UInt64] = []
    keys.reserveCapacity(source.count)
    for label in 0..<source.count { keys.append(UInt64(source.memory[label]) << 24 | UInt64(label)) }
    keys.sort()
    return keys
  }
}
