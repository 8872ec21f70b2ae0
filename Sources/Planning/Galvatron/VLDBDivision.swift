import Costing
import Parallelism

extension VLDBSearch {
  /// Layers of each stage: evenly split for one kind of layer, else by the code's greedy memory balance.
  ///
  /// - Returns: `nil` when an even split leaves a remainder, which the code cannot plan.
  public func division(_ stage: StrategySpace.Stage, globalBatch: Int) -> [Int]? {
    let count = costs.model.layerCount
    guard costs.model.layers.count > 1 else {
      return count % stage.pipeline == 0
        ? Array(repeating: count / stage.pipeline, count: stage.pipeline) : nil
    }
    guard stage.pipeline > 1 else { return [count] }
    return count < stage.pipeline ? nil : greedyDivision(stage, globalBatch: globalBatch)
  }

  /// Fills stages from the last one back up to the average memory.
  ///
  /// The weight of a layer is its least memory under any strategy of the space, so a larger space changes the
  /// partition, and not always for the better.
  private func greedyDivision(_ stage: StrategySpace.Stage, globalBatch: Int) -> [Int] {
    let weights = costs.model.layers.flatMap { layer in
      Array(
        repeating: stage.strategies.map { costs.memory(layer, given($0, stage, globalBatch)) }.min() ?? 0,
        count: layer.count)
    }
    var memory = divisionEdge(stage, globalBatch: globalBatch)
    let average = (weights.reduce(0, +) + memory.reduce(0, +)) / Double(stage.pipeline)
    var division = Array(repeating: 0, count: stage.pipeline)
    var next = weights.count - 1
    for index in stride(from: stage.pipeline - 1, through: 0, by: -1) {
      while next >= 0, index == 0 || average - memory[index] >= 0.5 * weights[next] {
        memory[index] += weights[next]
        division[index] += 1
        next -= 1
      }
    }
    repair(&division, weights: weights, average: average, stage, globalBatch)
    return division
  }

  /// Edge memory as the greedy partition sees it: the 8-GPU edition always asks pure data parallelism.
  private func divisionEdge(_ stage: StrategySpace.Stage, globalBatch: Int) -> [Double] {
    guard costs.hardware.devices <= 8 else {
      return stage.strategies.first.map { costs.edgeMemory(given($0, stage, globalBatch)) } ?? []
    }
    var replicas = LayerStrategy()
    replicas.dataParallel = costs.hardware.devices
    let alone = VLDBCostModel.Case(strategy: replicas, pipeline: 1, globalBatch: globalBatch)
    return costs.edgeMemory(alone) + Array(repeating: 0, count: stage.pipeline - 1)
  }

  /// Takes layers off overfull stages (16-GPU edition) and gives empty stages one.
  private func repair(
    _ division: inout [Int], weights: [Double], average: Double, _ stage: StrategySpace.Stage, _ globalBatch: Int
  ) {
    guard costs.hardware.devices > 8 else {
      if division[0] == 0 {
        division[0] += 1
        division[1] -= 1
      }
      return
    }
    let edge = divisionEdge(stage, globalBatch: globalBatch)
    let most = average * (costs.model.family == .swin ? 1.5 : 1.3)
    var first = 0
    for index in 0..<division.count - 1 {
      var memory = edge[index] + weights[first..<first + division[index]].reduce(0, +)
      while memory > most, division[index] > 0 {
        division[index] -= 1
        division[index + 1] += 1
        memory -= weights[first + division[index]]
      }
      first += division[index]
    }
    for index in 0..<division.count - 1 where division[index] <= 0 {
      division[index + 1] -= 1 - division[index]
      division[index] = 1
    }
    for index in stride(from: division.count - 1, to: 0, by: -1) where division[index] <= 0 {
      division[index - 1] -= 1 - division[index]
      division[index] = 1
    }
  }
}
