import Parallelism
import Planning
import TestSupport
import Testing

@Suite("Search space")
struct SpaceTests {
  private static let paper: [TreeDimension] = [.data, .sharded, .tensor]

  private func count(_ devices: Int, rules: [SpaceRule]) -> [Int] {
    DecisionTree.pipelineDegrees(devices: devices).map {
      DecisionTree.leaves(group: devices / $0, dimensions: Self.paper, rules: rules).count
    }
  }

  /// By hand for a stage of 4: one level of 4 in three dimensions, and 2 x 2 in 3 * 2 ordered pairs: 3 + 6 = 9.
  @Test func `a stage of four GPUs has nine leaves, seven without mixtures`() {
    #expect(DecisionTree.leaves(group: 4, dimensions: Self.paper).count == 9)
    #expect(DecisionTree.leaves(group: 4, dimensions: Self.paper, rules: [.noMixedSharding]).count == 7)
  }

  @Test(.enabled(if: SharedData.isPresent))
  func `counts equal the published table`() throws {
    let rows = try SharedData.text("candidate_counts.csv").split(whereSeparator: \.isNewline)
      .filter { !$0.hasPrefix("#") }.dropFirst()
    #expect(rows.count == 7)
    for row in rows {
      let numbers = row.split { !$0.isNumber }.compactMap { Int($0) }
      let all = count(numbers[0], rules: [])
      let pruned = count(numbers[0], rules: [.noMixedSharding])
      #expect(all.reduce(0, +) == numbers[1] && 2 * numbers[1] == numbers[3])
      #expect(pruned.reduce(0, +) == numbers[2] && 2 * numbers[2] == numbers[4])
      let perPipeline = stride(from: 6, to: numbers.count, by: 2).map { numbers[$0] }
      #expect(pruned == perPipeline)
      var options = SpaceOptions(dimensions: [.pipeline, .data, .sharded, .tensor])
      #expect(StrategySpace(devices: numbers[0], options: options).count == numbers[2])
      options.dimensions.append(.checkpoint)
      #expect(StrategySpace(devices: numbers[0], options: options).count == numbers[4])
    }
  }

  @Test func `every strategy uses all GPUs of its stage and occurs once`() {
    for devices in [1, 2, 6, 8, 12, 64] {
      var options = SpaceOptions(dimensions: SearchDimension.allCases)
      options.degrees = .divisors
      for stage in StrategySpace(devices: devices, options: options, experts: 8).stages {
        #expect(stage.strategies.allSatisfy { $0.devices == devices / stage.pipeline })
        #expect(Set(stage.strategies).count == stage.strategies.count)
      }
    }
  }

  /// 8 GPUs with recomputation: 68 candidates, 44 of them left (candidate_counts.csv).
  @Test func `what rules take out is counted, and listed when they are off`() {
    var options = SpaceOptions(dimensions: [.pipeline, .data, .sharded, .tensor, .checkpoint])
    let pruned = StrategySpace(devices: 8, options: options)
    #expect(pruned.count == 44 && pruned.pruned == 24 && pruned.unnamed.isEmpty)
    options.prunes = false
    let all = StrategySpace(devices: 8, options: options)
    #expect(all.pruned == 0 && all.unnamed.count == 12 && all.count == 44)
    #expect(all.unnamed.allSatisfy { $0.reason == "no mixed sharding" })
    options.dimensions += [.ulysses, .context]
    let more = StrategySpace(devices: 8, options: options)
    #expect(Set(more.unnamed.map(\.reason)) == Set(SpaceRule.all.map(\.name)))
    options.prunes = true
    let fewer = StrategySpace(devices: 8, options: options)
    #expect(fewer.stages == more.stages && fewer.pruned == 2 * more.unnamed.count)
  }

  @Test func `powers of two are a part of all divisors`() {
    var options = SpaceOptions(dimensions: [.pipeline, .data, .sharded, .tensor])
    let some = StrategySpace(devices: 24, options: options)
    options.degrees = .divisors
    let all = StrategySpace(devices: 24, options: options)
    for stage in some.stages {
      let larger = all.stages.first { $0.pipeline == stage.pipeline }
      #expect(stage.strategies.allSatisfy { larger?.strategies.contains($0) ?? false })
    }
    #expect(all.count > some.count)
  }
}

/// What mixing replication and sharding in a layer is worth.
///
/// A layer of `P` bytes of parameters and `4P` of states; a mixture shards over `a` ranks and replicates over `b`. Its
/// states take `4P/a`. Sharding gathers twice and scatters once over the `a` ranks, replicas then reduce their shards:
/// traffic `3 (a-1)/a P + 2 (b-1)/b P/a`.
@Suite("Pruning rules")
struct SpaceRuleTests {
  private static func layer(_ leaf: TreeLeaf, parameters: Double) -> (memory: Double, time: Double) {
    let shards = Double(leaf.degree(.sharded))
    let replicas = Double(leaf.degree(.data))
    let traffic = 3 * (shards - 1) / shards + 2 * (replicas - 1) / replicas / shards
    return (4 * parameters / shards, traffic * parameters)
  }

  /// The least time of `layers` equal layers within a memory limit, by trying how many of each of two leaves.
  private static func best(_ leaves: [TreeLeaf], layers: Int, limit: Double) -> Double {
    var best = Double.infinity
    for first in leaves {
      for second in leaves {
        for count in 0...layers {
          let (a, b) = (layer(first, parameters: 1), layer(second, parameters: 1))
          let memory = Double(count) * a.memory + Double(layers - count) * b.memory
          if memory <= limit { best = min(best, Double(count) * a.time + Double(layers - count) * b.time) }
        }
      }
    }
    return best
  }

  /// With plenty of memory replication wins, with very little sharding does. Over 8 GPUs (1.75 and 2.625 P a layer) a
  /// mixture of two shards and four replicas (1.5 + 0.75 = 2.25 P in half the memory) wins nothing over alternating
  /// pure layers until memory is short: at a half, 2.25 against (4/7) 1.75 + ... so the loss stays below 4 %.
  @Test func `leaving mixtures out costs nothing at the ends and little between`() {
    let all = DecisionTree.leaves(group: 8, dimensions: [.data, .sharded])
    let pure = all.filter { SpaceRule.noMixedSharding.keeps($0) }
    #expect(all.count > pure.count)
    var worst = 1.0
    for tenth in 1...40 {
      let limit = Double(tenth) / 10 * 16
      let (free, pruned) = (Self.best(all, layers: 16, limit: limit), Self.best(pure, layers: 16, limit: limit))
      #expect(free <= pruned)
      if pruned < .infinity { worst = max(worst, pruned / free) }
    }
    #expect(Self.best(all, layers: 16, limit: 64) == Self.best(pure, layers: 16, limit: 64))
    #expect(Self.best(all, layers: 16, limit: 8) == Self.best(pure, layers: 16, limit: 8))
    #expect(worst < 1.04)
  }

  // MARK: One tensor split

  /// A layer under tensor degree `t` and Ulysses degree `u`, bytes of its activations as unit, parameters `r`, states `4r`:
  /// four all-reduces `8 (t-1)/t / u`, four all-to-alls `4 (u-1)/u / (u t)`, gradients `2 (u-1)/u r/t`, or with states
  /// sharded over the Ulysses group `3 (u-1)/u r/t`.
  private static func layer(_ t: Double, _ u: Double, isSharded: Bool, _ r: Double) -> (memory: Double, time: Double) {
    let activations = 8 * (t - 1) / t / u + 4 * (u - 1) / u / (u * t)
    let states = (isSharded ? 3 : 2) * (u - 1) / u * r / t
    return (4 * r / t / (isSharded ? u : 1), activations + states)
  }

  /// The greatest loss over memory limits, 16 layers with at most two strategies.
  private static func splitLoss(_ r: Double) -> Double {
    let pure = [layer(8, 1, isSharded: false, r), layer(1, 8, isSharded: false, r), layer(1, 8, isSharded: true, r)]
    let mixed = [(4.0, 2.0), (2.0, 4.0)].flatMap { t, u in
      [layer(t, u, isSharded: false, r), layer(t, u, isSharded: true, r)]
    }
    func best(_ leaves: [(memory: Double, time: Double)], _ limit: Double) -> Double {
      var best = Double.infinity
      for first in leaves {
        for second in leaves {
          for count in 0...16 {
            let (a, b) = (Double(count), Double(16 - count))
            if a * first.memory + b * second.memory <= 16 * limit { best = min(best, a * first.time + b * second.time) }
          }
        }
      }
      return best
    }
    return (1...80).reduce(1.0) { loss, step in
      let limit = Double(step) / 20 * 4 * r
      let pruned = best(pure, limit)
      return pruned < .infinity ? max(loss, pruned / best(pure + mixed, limit)) : loss
    }
  }

  @Test func `one tensor split costs nothing while parameters are small, and at most 1.75 elsewhere`() {
    for ratio in [0.01, 0.1, 0.25, 0.5] { #expect(Self.splitLoss(ratio) == 1) }
    for ratio in [1.0, 2, 4, 8] { #expect(Self.splitLoss(ratio) > 1.2 && Self.splitLoss(ratio) <= 1.75) }
  }

  // MARK: Placement

  /// Seconds of a leaf's exchanges: a dimension whose group spans more than `node` neighbours takes the slow link, ten times
  /// slower. `traffic` is bytes a rank moves at full degree.
  private static func time(_ leaf: TreeLeaf, _ traffic: [TreeDimension: Double], node: Int) -> Double {
    var inner = 1
    var time = 0.0
    for level in leaf.levels.reversed() {
      inner *= level.degree
      let share = Double(level.degree - 1) / Double(level.degree)
      time += (traffic[level.dimension] ?? 0) * share * (inner > node ? 10 : 1)
    }
    return time
  }

  /// Three pairs over 8 GPUs, nodes of 2 and of 4: where context parallelism moves least or most, the best order may have
  /// no name.
  @Test func `nameable placements lose nothing while traffic falls from one end, and may lose where it does not`() {
    var generator = SeededGenerator(seed: 41)
    let orders = DecisionTree.leaves(group: 8, dimensions: [.data, .tensor, .context]).filter { $0.levels.count == 3 }
    let named = orders.filter { SpaceRule.nameablePlacement.keeps($0) }
    #expect(orders.count == 6 && named.count == 2)
    var losses = 0
    for _ in 0..<200 {
      let (t, c, d) = (
        Double.random(in: 1...20, using: &generator), Double.random(in: 1...20, using: &generator),
        Double.random(in: 1...20, using: &generator)
      )
      for node in [2, 4] {
        let traffic: [TreeDimension: Double] = [.tensor: t, .context: c, .data: d]
        let free = orders.map { Self.time($0, traffic, node: node) }.min() ?? 0
        let pruned = named.map { Self.time($0, traffic, node: node) }.min() ?? 0
        if (t >= c && c >= d) || (d >= c && c >= t) { #expect(pruned <= free * (1 + 1e-12)) }
        if pruned > free * (1 + 1e-12) { losses += 1 }
      }
    }
    #expect(losses > 0)
  }

  @Test func `every rule says why`() {
    for rule in SpaceRule.all { #expect(!rule.name.isEmpty && rule.reason.count > 20) }
  }

  @Test func `leaves that rules keep have a strategy`() {
    let dimensions: [TreeDimension] = [.data, .sharded, .tensor, .ulysses, .context]
    for leaf in DecisionTree.leaves(group: 16, dimensions: dimensions, rules: SpaceRule.all) {
      #expect(LayerStrategy(leaf)?.devices == 16)
    }
  }
}
