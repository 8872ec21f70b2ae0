import Parallelism
import TestSupport
import Testing

@Suite("Rank groups")
struct RankGroupsTests {
  /// 8 positions, tp 2, cp 2, dp 2: position = t + 2 (c + 2 d).
  @Test func `consecutive tensor groups are neighbours`() {
    var strategy = LayerStrategy()
    strategy.tensorParallel = 2
    strategy.contextParallel = 2
    strategy.dataParallel = 2
    #expect(RankGroups.groups(of: .tensor, strategy: strategy) == [[0, 1], [2, 3], [4, 5], [6, 7]])
    #expect(RankGroups.groups(of: .context, strategy: strategy) == [[0, 2], [1, 3], [4, 6], [5, 7]])
    #expect(RankGroups.groups(of: .data, strategy: strategy) == [[0, 4], [1, 5], [2, 6], [3, 7]])
    #expect(RankGroups.groups(of: .sharding, strategy: strategy) == [[0, 2, 4, 6], [1, 3, 5, 7]])
    #expect(RankGroups.members(of: .sharding, containing: 5, strategy: strategy) == [1, 3, 5, 7])
  }

  /// The same degrees, data innermost: position = d + 2 (c + 2 t).
  @Test func `strided tensor groups are far apart`() {
    var strategy = LayerStrategy()
    strategy.tensorParallel = 2
    strategy.contextParallel = 2
    strategy.dataParallel = 2
    strategy.isConsecutive = false
    #expect(RankGroups.groups(of: .tensor, strategy: strategy) == [[0, 4], [1, 5], [2, 6], [3, 7]])
    #expect(RankGroups.groups(of: .data, strategy: strategy) == [[0, 1], [2, 3], [4, 5], [6, 7]])
    #expect(RankGroups.groups(of: .sharding, strategy: strategy) == [[0, 1, 2, 3], [4, 5, 6, 7]])
  }

  /// tp 2, dp 4, ep 2: the planes are 0 2 4 6 (t = 0) and 1 3 5 7; pairs of neighbours in a plane hold all experts.
  @Test func `experts are dealt out over neighbouring replicas`() {
    var strategy = LayerStrategy()
    strategy.tensorParallel = 2
    strategy.dataParallel = 4
    strategy.expertParallel = 2
    #expect(RankGroups.groups(of: .expert, strategy: strategy) == [[0, 2], [1, 3], [4, 6], [5, 7]])
    #expect(RankGroups.groups(of: .expertData, strategy: strategy) == [[0, 4], [1, 5], [2, 6], [3, 7]])
  }

  @Test func `groups partition the stage into equal parts`() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<200 {
      let strategy = generator.strategy()
      for dimension in GroupDimension.allCases {
        let groups = RankGroups.groups(of: dimension, strategy: strategy)
        #expect(groups.joined().sorted() == Array(0..<strategy.devices), "\(strategy) \(dimension)")
        #expect(groups.allSatisfy { $0.count == dimension.size(in: strategy) }, "\(strategy) \(dimension)")
        for group in groups {
          for position in group {
            #expect(RankGroups.members(of: dimension, containing: position, strategy: strategy) == group)
          }
        }
      }
    }
  }

  @Test func `a tensor group and a sharding group meet in one rank`() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<200 {
      let strategy = generator.strategy()
      for tensor in RankGroups.groups(of: .tensor, strategy: strategy) {
        for sharding in RankGroups.groups(of: .sharding, strategy: strategy) {
          #expect(Set(tensor).intersection(sharding).count == 1, "\(strategy)")
        }
      }
    }
  }

  /// Each rank is the only one with its tensor index that is in both groups: experts x replicas = the sharding group.
  @Test func `expert groups and expert replicas lie inside the sharding group`() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<200 {
      let strategy = generator.strategy()
      for position in 0..<strategy.devices {
        let members = { RankGroups.members(of: $0, containing: position, strategy: strategy) }
        let experts = members(.expert)
        let replicas = members(.expertData)
        #expect(Set(experts).intersection(replicas) == [position], "\(strategy)")
        #expect(Set(experts + replicas).isSubset(of: members(.sharding)), "\(strategy)")
        #expect(experts.count * replicas.count == members(.sharding).count, "\(strategy)")
      }
    }
  }

  @Test func `rank order and its inverse agree`() {
    for stride in [1, 2, 4, 8, nil] {
      let order = RankOrder(pipelineStride: stride)
      let ranks = (0..<4).flatMap { stage in
        (0..<8).map { order.rank(stage: stage, position: $0, stages: 4, stageSize: 8) }
      }
      #expect(ranks.sorted() == Array(0..<32))
      for rank in 0..<32 {
        let place = order.location(ofRank: rank, stages: 4, stageSize: 8)
        #expect(order.rank(stage: place.stage, position: place.position, stages: 4, stageSize: 8) == rank)
      }
    }
  }
}
