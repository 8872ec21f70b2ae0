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
