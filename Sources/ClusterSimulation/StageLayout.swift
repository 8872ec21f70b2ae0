import Parallelism

/// Which layers each virtual stage holds, which rank runs it and whom it talks to.
struct StageLayout {
  /// Layer numbers of each virtual stage; shape `[stages][...]`.
  let layers: [[Int]]
  /// Pipeline rank of each virtual stage; shape `[stages]`.
  let owner: [Int]
  /// Pipeline ranks each pipeline rank exchanges messages with, ascending; shape `[ranks][...]`.
  let peers: [[Int]]
  /// Actions of each pipeline rank; shape `[ranks][...]`.
  let actions: [[ScheduleAction]]

  init(setup: TrainingSetup, schedule: any PipelineSchedule) {
    let plan = setup.plan
    let shape = PipelineShape(
      ranks: plan.pipelineParallel, chunks: plan.virtualStages, microBatches: plan.microBatches)
    var next = 1
    var layers = plan.layersPerStage.map { count -> [Int] in
      defer { next += count }
      return Array(next..<next + count)
    }
    layers[0].insert(0, at: 0)
    layers[layers.count - 1].append(setup.layerCount - 1)
    var owner = Array(repeating: 0, count: shape.stages)
    for (rank, stages) in schedule.placement(shape).enumerated() {
      for stage in stages { owner[stage] = rank }
    }
    self.layers = layers
    self.owner = owner
    peers = (0..<shape.ranks).map { rank in
      var found: [Int] = []
      for (stage, next) in zip(owner, owner.dropFirst()) where stage != next {
        if stage == rank { found.append(next) }
        if next == rank { found.append(stage) }
      }
      var unique: [Int] = []
      for peer in found.sorted() where unique.last != peer { unique.append(peer) }
      return unique
    }
    actions = schedule.actions(shape)
  }

  /// Virtual stages in all.
  var stageCount: Int { layers.count }

  /// Slot of a peer among a rank's peers.
  func peerSlot(of rank: Int, peer: Int) -> Int32 { Int32(peers[rank].firstIndex(of: peer) ?? -1) }

  /// Layer numbers a pipeline rank holds, in execution order.
  func layers(ofRank rank: Int) -> [Int] {
    (0..<stageCount).filter { owner[$0] == rank }.flatMap { layers[$0] }
  }
}
