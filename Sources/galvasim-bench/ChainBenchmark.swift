import BaselineLoops
import Costing
import Parallelism
import Planning
import ScenarioIO

/// The dynamic program of a stage: ours beside the dense loop in C++.
struct ChainTimes {
  let name: String
  let layers: Int
  let strategies: Int
  let limit: Int
  var fronts = Samples()
  var dense = Samples()
  private(set) var statistics = ChainStatistics()

  /// Runs both in turn.
  ///
  /// - Throws: ``BenchmarkError`` when they do not agree to the bit.
  init(_ name: String, _ problem: ChainProblem, limit: Int, repetitions: Int) throws {
    self.name = name
    self.limit = limit
    layers = problem.layerCount
    strategies = problem.strategyCount
    for _ in 0..<repetitions {
      var own: ChainSolution?
      var baseline = 0.0
      var work = ChainStatistics()
      fronts.add(measure { own = ChainSolver(problem).best(within: limit, statistics: &work) })
      dense.add(measure { baseline = Self.dense(problem, limit: limit) })
      statistics = work
      guard own?.time ?? .infinity == baseline else {
        throw BenchmarkError.differentTimes(workload: name, loop: "the dense program in C++")
      }
    }
  }

  private static func dense(_ problem: ChainProblem, limit: Int) -> Double {
    let order = problem.order.map { Int32($0) }
    let memory = problem.kinds.flatMap { $0.memory.map { Int64($0) } }
    let time = problem.kinds.flatMap(\.time)
    let transition = problem.kinds.flatMap(\.transition)
    var choice = [Int32](repeating: 0, count: problem.layerCount)
    return order.withUnsafeBufferPointer { order in
      memory.withUnsafeBufferPointer { memory in
        time.withUnsafeBufferPointer { time in
          transition.withUnsafeBufferPointer { transition in
            var tables = baseline_chain_problem(
              order: order.baseAddress, memory: memory.baseAddress, time: time.baseAddress,
              transition: transition.baseAddress, layers: Int32(order.count),
              strategies: Int32(problem.strategyCount), limit: Int64(limit))
            return baseline_chain(&tables, &choice)
          }
        }
      }
    }
  }
}

/// Problems to solve.
enum ChainWorkload {
  /// Every layer of its own kind, all prices random: nothing to prune beforehand.
  static func random(layers: Int, strategies: Int, limit: Int) -> ChainProblem {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / 9_007_199_254_740_992
    }
    let share = Double(limit) / Double(layers)
    let kinds = (0..<layers).map { _ in
      ChainProblem.Kind(
        memory: (0..<strategies).map { _ in Int(share * (0.3 + 2 * next())) },
        time: (0..<strategies).map { _ in 0.5 + next() },
        transition: (0..<strategies * strategies).map {
          $0 / strategies == $0 % strategies ? 0 : 0.1 * next()
        })
    }
    return ChainProblem(kinds: kinds, order: Array(0..<layers), strategyCount: strategies)
  }

  /// llama2-7b as Galvatron profiles it: its fifty strategies on 8 GPUs, 64 samples in 8 micro-batches.
  static func llama(_ costs: GalvatronCostModel, layers: Int) -> ChainProblem {
    var options = SpaceOptions(dimensions: GalvatronSearch.dimensions)
    options.allowsStrided = false
    let cases = StrategySpace(devices: 8, options: options).stages.flatMap { stage in
      stage.strategies.map {
        GalvatronCostModel.Case(strategy: $0, pipeline: stage.pipeline, globalBatch: 64, microBatches: 8)
      }
    }
    let layer = costs.model.layers[0]
    let kind = ChainProblem.Kind(
      memory: cases.map { Int(costs.memory(layer, $0, stage: 0).rounded(.up)) },
      time: cases.map { costs.time(layer, $0).synchronizing },
      transition: cases.flatMap { source in
        cases.map { costs.transition(from: source.strategy, to: $0.strategy, layer, $0) }
      })
    return ChainProblem(kinds: [kind], order: Array(repeating: 0, count: layers), strategyCount: cases.count)
  }
}
