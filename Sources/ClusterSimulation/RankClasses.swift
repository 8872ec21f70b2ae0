import Costing
import Parallelism

/// Ranks that behave alike: same stage, groups of the same spread, the same kind of links, peers that behave alike too.
struct RankClass {
  /// Pipeline rank.
  let stage: Int
  /// Global ranks, ascending.
  var members: [Int]
  /// Spread of the group behind each slot.
  let shapes: [GroupShape]
  /// Whether the messages of each peer slot leave the node.
  let crossesNodes: [Bool]
  /// Number of the members' kind in ``RankClasses/kinds``.
  var kind = 0
}

/// The world as positions and groups: who shares a group with whom, and which class each rank belongs to.
struct RankClasses {
  /// Slots of each pipeline rank.
  let stageGroups: [StageGroups]
  /// Classes, ordered by stage, then by their first member's position.
  private(set) var classes: [RankClass] = []
  /// Class of each global rank.
  private(set) var classOfRank: [Int]
  /// What tells ranks apart before they communicate.
  let kinds: RankKinds
  /// What ranks see of each other through shared links, where that tells them apart.
  private var links: LinkColoring?
  private let setup: TrainingSetup
  private let layout: StageLayout
  /// Groups of a use as positions, and the group of each position; the same for every stage.
  private var partitions: [GroupUse: Partition] = [:]

  /// The positions of a stage cut into groups.
  struct Partition {
    var groups: [[Int]]
    var groupOfPosition: [Int]
  }

  /// Tells ranks apart when every group has the network to itself.
  init(setup: TrainingSetup, layout: StageLayout) {
    self.init(unrefined: setup, layout)
    finish()
  }

  /// Tells ranks apart when groups share links: ranks also differ by the links they load and by who else loads those.
  ///
  /// - Throws: ``SimulationError/network(_:)`` when ranks that communicate do not reach each other.
  init(setup: TrainingSetup, layout: StageLayout, sharing paths: inout ClusterPaths) throws(SimulationError) {
    self.init(unrefined: setup, layout)
    links = try LinkColoring(self, layout: layout, paths: &paths)
    finish()
  }

  private init(unrefined setup: TrainingSetup, _ layout: StageLayout) {
    self.setup = setup
    self.layout = layout
    kinds = RankKinds(setup)
    stageGroups = (0..<setup.plan.pipelineParallel).map { StageGroups(setup: setup, layout: layout, rank: $0) }
    classOfRank = Array(repeating: -1, count: setup.cluster.deviceCount)
    for groups in stageGroups {
      for use in groups.uses where partitions[use] == nil { partitions[use] = Self.partition(use, setup.stageSize) }
    }
  }

  private mutating func finish() {
    var colors = initialColors()
    if colors.count > setup.plan.pipelineParallel || links != nil { refine(&colors) }
    collect(colors)
  }

  /// Positions of a stage.
  var positionCount: Int { setup.stageSize }

  /// Visits the groups of a use in a stage, each once, with its first position and its members as global ranks.
  func forEachGroup(stage: Int, use: GroupUse, _ visit: (_ position: Int, _ members: [Int]) -> Void) {
    switch use {
    case .world: visit(0, members(stage: stage, position: 0, use: use))
    case .tiedEmbedding:
      for position in 0..<setup.stageSize { visit(position, members(stage: stage, position: position, use: use)) }
    case .dimension, .block:
      for group in partitions[use]?.groups ?? [] {
        visit(group[0], group.map { rank(stage: stage, position: $0) })
      }
    }
  }

  /// The members of the group a rank has in a slot, as global ranks.
  func members(stage: Int, position: Int, use: GroupUse) -> [Int] {
    switch use {
    case .world: return Array(0..<setup.cluster.deviceCount)
    case .tiedEmbedding:
      return [layout.owner[0], layout.owner[layout.stageCount - 1]].map { rank(stage: $0, position: position) }.sorted()
    case .dimension, .block:
      guard let partition = partitions[use] else { return [] }
      return partition.groups[partition.groupOfPosition[position]].map { rank(stage: stage, position: $0) }
    }
  }

  /// The global rank at a position.
  func rank(stage: Int, position: Int) -> Int {
    setup.plan.rankOrder.rank(
      stage: stage, position: position, stages: setup.plan.pipelineParallel, stageSize: setup.stageSize)
  }

  /// Stage and position of a global rank.
  func location(_ rank: Int) -> (stage: Int, position: Int) {
    setup.plan.rankOrder.location(ofRank: rank, stages: setup.plan.pipelineParallel, stageSize: setup.stageSize)
  }

  private static func partition(_ use: GroupUse, _ stageSize: Int) -> Partition {
    let groups: [[Int]] =
      switch use {
      case .dimension(let dimension, let strategy): RankGroups.groups(of: dimension, strategy: strategy)
      case .block(let size): stride(from: 0, to: stageSize, by: size).map { Array($0..<$0 + size) }
      case .tiedEmbedding, .world: []
      }
    var groupOfPosition = Array(repeating: 0, count: stageSize)
    for (index, group) in groups.enumerated() { for position in group { groupOfPosition[position] = index } }
    return Partition(groups: groups, groupOfPosition: groupOfPosition)
  }

  // MARK: Colouring

  /// One colour per distinct (stage, spreads, link kinds), numbered by stage and position.
  private struct Coloring {
    var colorOfRank: [Int]
    var count: Int
    var shapes: [[GroupShape]]
    var crossings: [[Bool]]
    var stages: [Int]
  }

  private func initialColors() -> Coloring {
    var coloring = Coloring(
      colorOfRank: Array(repeating: 0, count: classOfRank.count), count: 0, shapes: [], crossings: [], stages: [])
    var spreads: [GroupUse: GroupSpread] = [:]
    for stage in stageGroups.indices {
      let uses = stageGroups[stage].uses.map { use in
        if stagesFillNodes, let known = spreads[use] { return known }
        let spread = GroupSpread(
          shapes(of: use, stage: stage), groupOfPosition: partitions[use]?.groupOfPosition)
        spreads[use] = spread
        return spread
      }
      var split = PositionSplit(count: setup.stageSize)
      for use in uses { split.refine(valueCount: use.distinct.count) { use.number(ofPosition: $0) } }
      split.refine(valueCount: kinds.kinds.count) { kinds.kind(ofRank: rank(stage: stage, position: $0)) }
      for peer in layout.peers[stage] where !stagesFillNodes {
        split.refine(valueCount: 2) { crosses(from: stage, to: peer, position: $0) ? 1 : 0 }
      }
      for position in 0..<setup.stageSize {
        coloring.colorOfRank[rank(stage: stage, position: position)] = coloring.count + split.classOfPosition[position]
      }
      for position in split.firstPositions {
        coloring.count += 1
        coloring.shapes.append(uses.map { $0.distinct[$0.number(ofPosition: position)] })
        coloring.crossings.append(layout.peers[stage].map { crosses(from: stage, to: $0, position: position) })
        coloring.stages.append(stage)
      }
    }
    return coloring
  }

  /// Whether ranks of equal position in different stages are whole nodes apart, so that all stages look alike.
  private var stagesFillNodes: Bool {
    (rank(stage: 1, position: 0) - rank(stage: 0, position: 0)) % setup.cluster.devicesPerNode == 0
  }

  /// Whether a message between two stages leaves the node.
  private func crosses(from stage: Int, to peer: Int, position: Int) -> Bool {
    setup.cluster.node(ofRank: rank(stage: peer, position: position))
      != setup.cluster.node(ofRank: rank(stage: stage, position: position))
  }

  /// The spread of each group of a use in a stage; one entry when all ranks share one group, one per position for pairs.
  private func shapes(of use: GroupUse, stage: Int) -> [GroupShape] {
    switch use {
    case .world:
      [
        GroupShape(
          ranks: setup.cluster.deviceCount, nodes: setup.cluster.nodes, ranksPerNode: setup.cluster.devicesPerNode)
      ]
    case .tiedEmbedding:
      (0..<setup.stageSize).map { position in
        GroupShape(ranks: members(stage: stage, position: position, use: use), cluster: setup.cluster)
      }
    case .dimension, .block:
      (partitions[use]?.groups ?? []).map { group in
        GroupShape(ranks: group.map { rank(stage: stage, position: $0) }, cluster: setup.cluster)
      }
    }
  }

  /// Splits colours until all members of a colour see the same colours in their groups and among their peers
  /// (colour refinement: the coarsest equitable partition), so that one of them can stand for all.
  private mutating func refine(_ coloring: inout Coloring) {
    while true {
      links?.update(coloring.colorOfRank)
      var numbers: [[Int]: Int] = [:]
      var next = coloring
      next.count = 0
      next.shapes = []
      next.crossings = []
      next.stages = []
      for stage in stageGroups.indices {
        for position in 0..<setup.stageSize {
          let rank = rank(stage: stage, position: position)
          let old = coloring.colorOfRank[rank]
          let key = [old] + surroundings(stage: stage, position: position, coloring.colorOfRank)
          if let number = numbers[key] {
            next.colorOfRank[rank] = number
            continue
          }
          numbers[key] = next.count
          next.colorOfRank[rank] = next.count
          next.count += 1
          next.shapes.append(coloring.shapes[old])
          next.crossings.append(coloring.crossings[old])
          next.stages.append(stage)
        }
      }
      if next.count == coloring.count { return }
      coloring = next
    }
  }

  /// Colours a rank sees: of each group (sorted) and of each peer.
  private func surroundings(stage: Int, position: Int, _ colors: [Int]) -> [Int] {
    if let links {
      return [Int(bitPattern: UInt(links.signature(ofRank: rank(stage: stage, position: position))))]
    }
    var seen: [Int] = []
    for use in stageGroups[stage].uses where use != .world {
      seen.append(-1)
      seen += members(stage: stage, position: position, use: use).map { colors[$0] }.sorted()
    }
    for peer in layout.peers[stage] { seen.append(colors[rank(stage: peer, position: position)]) }
    return seen
  }

  private mutating func collect(_ coloring: Coloring) {
    classes = (0..<coloring.count).map {
      RankClass(
        stage: coloring.stages[$0], members: [], shapes: coloring.shapes[$0], crossesNodes: coloring.crossings[$0])
    }
    for rank in classOfRank.indices {
      classOfRank[rank] = coloring.colorOfRank[rank]
      classes[coloring.colorOfRank[rank]].members.append(rank)
      classes[coloring.colorOfRank[rank]].kind = kinds.kind(ofRank: rank)
    }
  }
}
