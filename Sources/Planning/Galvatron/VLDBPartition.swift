import Costing
import Parallelism

/// Partitions beyond those of the release, under its own costs.
extension VLDBSearch {
  /// The fastest plan of the balanced partition asked for, or of all partitions.
  mutating func balanced(_ stage: StrategySpace.Stage, globalBatch: Int, memory: Int) -> VLDBPlan? {
    switch partition {
    case .even: return nil
    case .memoryBalanced:
      let layers = leastByLayer(stage) { costs.memory($0, given($1, stage, globalBatch)) }
      return plan(
        stage, layers, extra: edgeMemory(stage, globalBatch: globalBatch).map(Double.init), globalBatch, memory)
    case .timeBalanced:
      let layers = leastByLayer(stage) { costs.time($0, given($1, stage, globalBatch)) }
      return plan(stage, layers, extra: Array(repeating: 0, count: stage.pipeline), globalBatch, memory)
    case .best: return optimal(stage, globalBatch: globalBatch, memory: memory)
    }
  }

  /// Least figure of each layer under any strategy.
  private func leastByLayer(
    _ stage: StrategySpace.Stage, _ figure: (VLDBLayerProfile, LayerStrategy) -> Double
  ) -> [Double] {
    costs.model.layers.flatMap { layer in
      Array(repeating: stage.strategies.map { figure(layer, $0) }.min() ?? 0, count: layer.count)
    }
  }

  private mutating func plan(
    _ stage: StrategySpace.Stage, _ layers: [Double], extra: [Double], _ globalBatch: Int, _ memory: Int
  ) -> VLDBPlan? {
    guard
      let division = BalancedPartition.division(
        layers: layers.count, stages: stage.pipeline, extra: extra, weight: { layers[$1] })
    else { return nil }
    return plan(stage, division: division, globalBatch: globalBatch, memory: memory)
  }

  /// The fastest plan of all partitions: the costs add up over stages, so a shortest path over the intervals of layers is
  /// exact. A larger space can only make it faster.
  private mutating func optimal(_ stage: StrategySpace.Stage, globalBatch: Int, memory: Int) -> VLDBPlan? {
    let problem = problem(stage, globalBatch: globalBatch)
    let edge = edgeMemory(stage, globalBatch: globalBatch)
    let (layers, stages) = (problem.layerCount, stage.pipeline)
    guard layers >= stages else { return nil }
    var best = [Double](repeating: .infinity, count: layers + 1)
    best[0] = 0
    var cuts: [[Int]] = []
    var tables = PrefixTables()
    defer { statistics.add(tables.statistics) }
    for index in 0..<stages {
      var next = [Double](repeating: .infinity, count: layers + 1)
      var cut = [Int](repeating: -1, count: layers + 1)
      for first in index...layers - (stages - index) where best[first] < .infinity && memory > edge[index] {
        let table = tables.table(stage: 0, first: first, layers: layers - first) {
          ChainSolver(problem.part($0)).table(upTo: memory, servesPrefixes: true)
        }
        let lasts = index == stages - 1 ? layers...layers : first + 1...layers - (stages - index - 1)
        for last in lasts {
          guard let time = table.time(within: memory - edge[index], layers: last - first) else { continue }
          if best[first] + time < next[last] { (next[last], cut[last]) = (best[first] + time, first) }
        }
      }
      best = next
      cuts.append(cut)
    }
    guard best[layers] < .infinity else { return nil }
    var division: [Int] = []
    var end = layers
    for cut in cuts.reversed() {
      division.insert(end - cut[end], at: 0)
      end = cut[end]
    }
    return plan(stage, division: division, globalBatch: globalBatch, memory: memory)
  }
}
