import Costing
import Glibc
import Parallelism
import Planning
import ScenarioIO

/// The search measured: the dynamic program beside a dense one, and whole searches.
struct SearchReport {
  private let chains: [ChainTimes]
  private let searches: [SearchTimes]
  private let isComplete: Bool

  /// Measures everything; what needs Galvatron's profiles only where their folder is.
  init(profiles: String, repetitions: Int) throws {
    let few = min(repetitions, 3)
    var chains = try [(32, 36_864), (64, 81_920)].map { layers, limit in
      try ChainTimes(
        "random prices", ChainWorkload.random(layers: layers, strategies: 50, limit: limit), limit: limit,
        repetitions: few)
    }
    var searches: [SearchTimes] = []
    let costs = try? Self.llama(profiles)
    if let costs {
      chains += try [(32, 36_864), (64, 81_920)].map { layers, limit in
        try ChainTimes(
          "llama2-7b prices", ChainWorkload.llama(costs, layers: layers), limit: limit, repetitions: few)
      }
      searches = SearchTimes.llama(costs, repetitions: repetitions)
    }
    searches += try SearchTimes.own(repetitions: few)
    isComplete = costs != nil
    self.chains = chains
    self.searches = searches
  }

  private static func llama(_ folder: String) throws -> GalvatronCostModel {
    let shape = GalvatronModelFile.LayerShape(count: 32, hiddenSize: 4096, sequenceLength: 2048)
    let model = try GalvatronModelFile.load(
      computation: folder + "/main/computation_profiling_bf16_llama2-7b_all.json",
      memory: folder + "/main/memory_profiling_bf16_llama2-7b_all.json", shapes: [shape])
    let paths = GalvatronHardwareFile.Paths(
      allReduce: folder + "/main/allreduce_bandwidth_1nodes_8gpus_per_node.json",
      pointToPoint: folder + "/main/p2p_bandwidth_1nodes_8gpus_per_node.json",
      overlap: folder + "/main/overlap_coefficient.json",
      messages: folder + "/main/sp_time_1nodes_8gpus_per_node.json")
    return GalvatronCostModel(
      model: model, hardware: try GalvatronHardwareFile.load(paths, devices: 8), training: GalvatronTraining())
  }

  /// The table.
  var text: String {
    var lines = ["", "Dynamic program of a stage, CPU time: Pareto fronts beside a dense loop in C++, same optimum"]
    for times in chains {
      lines.append(
        "  \(times.name), \(times.layers) layers, \(times.strategies) strategies, \(times.limit) units: "
          + "\(milliseconds(times.fronts)) ms, C++ \(milliseconds(times.dense)) ms, "
          + "\(fixed(times.fronts.speed(against: times.dense), 1))x; \(times.statistics.labels) labels, "
          + "\(times.statistics.strategies) strategies left")
    }
    lines.append("Whole searches, CPU time")
    if !isComplete { lines.append("  no Galvatron profiles found; give their folder with --galvatron-profiles") }
    for times in searches {
      lines.append("  \(times.name): \(milliseconds(times.samples)) ms, \(times.answer)")
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    lines.append("  peak memory of this whole process: \(usage.ru_maxrss / 1024) MiB")
    return lines.joined(separator: "\n")
  }

  private func milliseconds(_ samples: Samples) -> String { fixed(samples.median * 1e3, 2) }
}

/// One search, again and again.
struct SearchTimes {
  let name: String
  let answer: String
  let samples: Samples

  /// The searches of llama2-7b on 8 GPUs whose times the peer publishes.
  static func llama(_ costs: GalvatronCostModel, repetitions: Int) -> [SearchTimes] {
    let cases: [(name: String, batch: Int, counts: [Int]?, limits: [Int])] = [
      ("llama2-7b, 8 GPUs, 36 GB, batch 16, all micro-batches", 16, nil, [36]),
      ("llama2-7b, 8 GPUs, 36 GB, batch 64, 8 micro-batches", 64, [8], [36]),
      ("llama2-7b, 8 GPUs, 36 GB, batch 64, all micro-batches", 64, nil, [36]),
      ("llama2-7b, 8 GPUs, 76 GB, batch 64, 8 micro-batches", 64, [8], [76]),
    ]
    return cases.map { item in
      var samples = Samples()
      var answer = ""
      for _ in 0..<min(3, repetitions) {
        var search = GalvatronSearch(costs: costs)
        var plan: GalvatronSearchPlan?
        samples.add(
          measure {
            plan = search.best(globalBatches: [item.batch], microBatches: item.counts, memory: item.limits[0] * 1024)
          })
        answer =
          "\(fixed(plan?.iterationTime ?? 0, 6)) s an iteration, \(search.statistics.dynamicPrograms) programs, "
          + "\(search.statistics.labels) labels"
      }
      return SearchTimes(name: item.name, answer: answer, samples: samples)
    }
  }
}
