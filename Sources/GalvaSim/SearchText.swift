import Parallelism
import Planning
import ScenarioIO

extension SearchRun {
  /// The report for people.
  public var text: String {
    var lines = [
      "\(scenario.name): method \(options.method.rawValue), \(costModel) costs, "
        + "\(Readable.gibibytes(memoryLimit)) GiB a GPU", "",
    ]
    if let problem = scenario.planProblem {
      lines.insert("the scenario's own plan cannot be used here, only its schedule:\n  \(problem.description)", at: 1)
    }
    lines += entries.isEmpty ? nothingFits : table + [""] + strips + [""] + roundLines + winner + [""] + megatron
    lines += [""] + proof + work
    return lines.joined(separator: "\n") + "\n" + rejections
  }

  private var isJudgedShared: Bool { options.evaluator == .simulated && options.network == .shared }

  private var table: [String] {
    let judged = isJudgedShared ? ["replayed", "links shared"] : ["simulated"]
    var table = TextTable(
      ["plan", "pp", "stages", "batch", "micro-batches", "formula"] + judged
        + ["samples/s", "peak GiB", "time balance", "memory balance"])
    for (index, entry) in entries.enumerated() {
      let missing = options.evaluator == .simulated ? "does not fit" : "-"
      let times = isJudgedShared ? [entry.replayedTime, entry.simulatedTime] : [entry.simulatedTime]
      table.add(
        [
          "\(index + 1)", "\(entry.plan.pipelineParallel)",
          Self.counted(entry.plan.layersPerStage.map(String.init)).joined(separator: ","), "\(entry.globalBatch)",
          "\(entry.plan.microBatches)", Readable.time(entry.analyticTime),
        ] + times.map { $0.map { Readable.time($0) } ?? missing } + [
          Readable.fixed(entry.throughput, 4), Readable.gibibytes(entry.peaks.max() ?? 0),
          entry.timeBalance.map { Readable.fixed($0, 3) } ?? "-", Readable.fixed(entry.memoryBalance, 3),
        ])
    }
    return table.lines
  }

  /// What each round of formula and simulation found; nothing for a single round.
  private var roundLines: [String] {
    guard rounds.count > 1 else { return [] }
    var table = TextTable(["round", "simulated", "formula's first", "says", "simulated", "best so far"])
    for (index, round) in rounds.enumerated() {
      let plan = round.first.found.plan
      table.add([
        "\(index + 1)", "\(round.simulated)", "pp\(plan.pipelineParallel) mb\(plan.microBatches)",
        Readable.time(round.first.found.analyticTime),
        round.first.simulatedTime.map { Readable.time($0) } ?? "does not fit",
        round.best.flatMap { $0.replayedTime }.map { Readable.time($0) } ?? "-",
      ])
    }
    return table.lines + [""]
  }

  /// Strategies of each plan, stage by stage, equal neighbours counted.
  private var strips: [String] {
    entries.enumerated().map { index, entry in
      var first = 0
      let stages = entry.plan.layersPerStage.map { count -> String in
        defer { first += count }
        return Self.runs(Array(entry.plan.layers[first..<first + count]))
      }
      return "\(index + 1)  \(Self.counted(stages).joined(separator: " | "))  edges \(entry.plan.embedding.text)"
    }
  }

  private static func runs(_ layers: [LayerStrategy]) -> String {
    repeats(of: layers).map { "\($0.count)*\($0.value.text)" }.joined(separator: " ")
  }

  /// Neighbours that are alike written once, where there are many: `16 x (3*dp4)`.
  private static func counted(_ words: [String]) -> [String] {
    let runs = repeats(of: words)
    guard words.count > 4, runs.count <= words.count / 2 else { return words }
    return runs.map { $0.count == 1 ? $0.value : "\($0.count) x (\($0.value))" }
  }

  private static func repeats<Value: Equatable>(of values: [Value]) -> [(value: Value, count: Int)] {
    var runs: [(value: Value, count: Int)] = []
    for value in values {
      if runs.last?.value == value { runs[runs.count - 1].count += 1 } else { runs.append((value, 1)) }
    }
    return runs
  }

  /// Why the first plan is first.
  private var winner: [String] {
    guard let best = entries.first, let time = best.simulatedTime, let analytic = analyticWinner else { return [] }
    if analytic.plan == best.plan {
      let place = isJudgedShared ? " on shared links" : ""
      return ["the formula's first choice stands: simulated \(Readable.time(time))\(place), as fast as any finalist"]
    }
    guard let other = analytic.simulatedTime else {
      return ["the formula's first choice runs out of memory in the simulation; plan 1 is the fastest that fits"]
    }
    let gain = other / Double(analytic.globalBatch) / (time / Double(best.globalBatch)) - 1
    return [
      "the formula's first choice was \(analytic.plan.text)",
      "simulated, plan 1 trains \(Readable.percent(gain)) faster (\(Readable.time(other)) there)",
    ]
  }

  /// The flags of a launcher for plans that have such flags.
  private var megatron: [String] {
    guard let plan = entries.first?.plan, let layer = plan.layers.first else { return [] }
    let edge = plan.embedding
    let hasFlags =
      plan.layers.allSatisfy { $0 == layer } && layer.ulysses == 1 && Set(plan.layersPerStage).count == 1
      && (layer.isConsecutive || layer.dataParallel == 1) && layer.zero != .gradients
      && edge.tensorParallel == layer.tensorParallel && edge.ulysses == 1
    guard hasFlags else {
      return ["Megatron: no flags for layers or edges that differ; use --emit for Galvatron's runtime"]
    }
    let micro = (entries.first?.globalBatch ?? 0) / plan.microBatches / layer.dataParallel
    var flags = [
      "--tensor-model-parallel-size \(layer.tensorParallel)", "--pipeline-model-parallel-size \(plan.pipelineParallel)",
      "--micro-batch-size \(micro)", "--global-batch-size \(entries.first?.globalBatch ?? 0)",
    ]
    if layer.contextParallel > 1 { flags.append("--context-parallel-size \(layer.contextParallel)") }
    if layer.expertParallel > 1 { flags.append("--expert-model-parallel-size \(layer.expertParallel)") }
    if layer.sequenceParallel { flags.append("--sequence-parallel") }
    if layer.zero == .optimizer { flags.append("--use-distributed-optimizer") }
    if layer.zero == .parameters { flags.append("--use-torch-fsdp2") }
    if layer.recompute == .full { flags.append("--recompute-granularity full --recompute-method uniform") }
    if layer.recompute == .selective { flags.append("--recompute-granularity selective") }
    return ["Megatron: " + flags.joined(separator: " ")]
  }

  private var nothingFits: [String] {
    if options.isCancelled() { return ["interrupted before any plan was found"] }
    if strategies.all == 0 {
      let devices = scenario.cluster.deviceCount
      let hint = devices & (devices - 1) == 0 ? "other --dimensions" : "--degrees divisors"
      return ["no strategy spreads a layer over \(devices) GPUs in this space; try \(hint)"]
    }
    guard let nearest else { return ["no plan fits, or no number of micro-batches divides the batch"] }
    return [
      "no plan fits; the nearest misses by \(Readable.gibibytes(nearest.missing)) GiB on its fullest stage:",
      "  \(nearest.plan.text)",
    ]
  }

  private var proof: [String] {
    guard let lowerBound, let boundedTime else { return [] }
    let gap = boundedTime > 0 ? max(0, 1 - lowerBound / boundedTime) : 0
    return [
      "by the formula\(rounds.count > 1 ? ", as last corrected," : "") no plan of this space takes less than \(Readable.time(lowerBound)); its best takes "
        + "\(Readable.time(boundedTime)) (gap \(Readable.percent(gap)))"
    ]
  }

  private var work: [String] {
    [
      "\(strategies.all) strategies (\(strategies.pruned) more left out by pruning rules or the method), \(statistics.dynamicPrograms) dynamic programs, "
        + "\(Readable.grouped(Double(statistics.labels))) partial choices, \(statistics.plansScored) plans scored, "
        + "\(statistics.plansSimulated) simulated in \(statistics.rounds) rounds"
    ]
  }

  private var rejections: String {
    guard !rejected.isEmpty else { return "" }
    let shown = rejected.prefix(8).map { "  \($0.summary): \($0.reason)" }
    let rest = rejected.count > 8 ? ["  and \(rejected.count - 8) more"] : []
    return "left out:\n" + (shown + rest).joined(separator: "\n") + "\n"
  }
}
