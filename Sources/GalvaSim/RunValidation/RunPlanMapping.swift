import Parallelism
import Workload

/// Finds the plan of a row: degrees, stages, micro-batches, schedule, recomputation.
struct RunPlanMapping {
  let run: MeasuredRun

  /// GPUs of the run: as stated, or the product of the degrees.
  func devices() throws(RunGap) -> Int {
    let degrees = (run.count("tp") ?? 1) * (run.count("pp") ?? 1) * (run.count("cp") ?? 1) * (run.count("dp") ?? 1)
    if let devices = run.count("n_gpus") { return devices }
    guard run.count("dp") != nil else { throw RunGap("n_gpus: not in the row") }
    return degrees
  }

  /// The plan of a model, with the sequences of an iteration.
  func plan(_ model: Model, devices: Int, _ notes: inout [String]) throws(RunGap) -> (plan: ParallelPlan, batch: Int) {
    guard ["tp", "pp", "dp"].contains(where: { !run.text($0).isEmpty }) else { throw RunGap("plan: not in the row") }
    let stages = run.count("pp") ?? 1
    let strategy = try strategy(devices: devices, stages: stages, &notes)
    let (batch, microBatches) = try batching(strategy.dataParallel, &notes)
    let (schedule, chunks) = try schedule(stages: stages, blocks: model.blocks.count, &notes)
    var layers = Array(repeating: strategy, count: model.blocks.count)
    if recomputesHalf {
      for index in layers.indices { layers[index].recompute = index.isMultiple(of: 2) ? .full : .none }
      notes.append("selective recomputation of operators: every other layer in full")
    }
    var end = strategy
    (end.recompute, end.expertParallel) = (.none, 1)
    let plan = ParallelPlan(
      pipelineParallel: stages, virtualStages: chunks,
      layersPerStage: try division(model, stages: stages * chunks), layers: layers, embedding: end,
      head: end, microBatches: microBatches, schedule: .named(schedule))
    return (plan, batch)
  }

  private func strategy(devices: Int, stages: Int, _ notes: inout [String]) throws(RunGap) -> LayerStrategy {
    var strategy = LayerStrategy()
    strategy.tensorParallel = try degree("tp")
    let context = try degree("cp")
    if run.words("attention_impl").contains("ulysses") {
      if strategy.tensorParallel == 1 {
        strategy.ulysses = context
      } else {
        strategy.contextParallel = context
        notes.append("all-to-all of heads beside tensor parallelism: exchanged as keys and values")
      }
    } else {
      strategy.contextParallel = context
    }
    let others = strategy.tensorParallel * context * stages
    guard devices % others == 0 else { throw RunGap("degrees: tp x cp x pp = \(others) do not divide \(devices) GPUs") }
    strategy.dataParallel = devices / others
    if let stated = run.count("dp"), stated != strategy.dataParallel {
      throw RunGap("degrees: dp \(stated) x \(others) is not \(devices) GPUs")
    }
    strategy.expertParallel = try degree("ep")
    strategy.sequenceParallel = run.text("sp") == "1" && strategy.tensorParallel > 1
    if run.text("sp").isEmpty, strategy.tensorParallel > 1, !isOld {
      strategy.sequenceParallel = true
      notes.append("sequence parallelism not in the row: on")
    }
    strategy.zero = ZeroStage(rawValue: Int(run.number("zero_stage") ?? 0)) ?? .none
    if strategy.dataParallel * context == 1 { strategy.zero = .none }
    strategy.recompute = recompute(&notes)
    return strategy
  }

  /// Whether the framework is older than sequence parallelism (2022).
  private var isOld: Bool { run.words("attention_impl").contains("unfused") }

  /// An expected degree; 1 where the row has none.
  private func degree(_ column: String) throws(RunGap) -> Int {
    guard run.text(column).isEmpty == false else { return 1 }
    return try run.required(column)
  }

  /// Sequences of an iteration and micro-batches of a replica.
  private func batching(_ replicas: Int, _ notes: inout [String]) throws(RunGap) -> (Int, Int) {
    let stated = run.count("micro_batch")
    if stated == nil { notes.append("micro-batch not in the row: 1") }
    let size = stated ?? 1
    if let steps = run.count("grad_acc") ?? run.count("n_microbatches") { return (replicas * size * steps, steps) }
    let batch = try run.required("global_batch")
    guard batch % (replicas * size) == 0 else {
      throw RunGap("global_batch: \(batch) is no multiple of dp \(replicas) x micro-batch \(size)")
    }
    return (batch, batch / (replicas * size))
  }

  private var recomputesHalf: Bool {
    let words = run.words("recompute")
    return words.hasPrefix("selective") && (words.contains("per-") || words == "selective")
      && !words.contains("attention")
  }

  private func recompute(_ notes: inout [String]) -> RecomputePolicy {
    let words = run.words("recompute")
    if words.isEmpty { notes.append("recomputation not in the row: none") }
    if words.contains("in repo configs"), (run.count("n_gpus") ?? 0) <= 8 {
      // Taken from configurations of other runs; with it the fastest of these rows would need products at 288 TFLOP/s,
      // beyond the best measured on the chip (271).
      notes.append("recomputation stated for other runs of the source: none")
      return .none
    }
    if words.hasPrefix("full") || words.hasPrefix("every_layer") { return .full }
    return words.hasPrefix("selective") && !recomputesHalf ? .selective : .none
  }

  private func schedule(stages: Int, blocks: Int, _ notes: inout [String]) throws(RunGap) -> (String, Int) {
    let words = run.words("schedule")
    let chunks = try chunks(words, stages: stages, blocks: blocks, &notes)
    if stages == 1 { return ("1f1b", 1) }
    if words.hasPrefix("zb") || words.contains("dualpipe") {
      throw RunGap("schedule: \(run.text("schedule")) does not exist")
    }
    if words.contains("gpipe") { return ("gpipe", 1) }
    return chunks > 1 ? ("interleaved-1f1b", chunks) : ("1f1b", 1)
  }

  /// Virtual stages of a rank; where an interleaved schedule has none stated, as many as leave one layer to a chunk, but
  /// at most 6.
  private func chunks(
    _ words: String, stages: Int, blocks: Int, _ notes: inout [String]
  ) throws(RunGap) -> Int {
    guard words.contains("interleaved") else { return 1 }
    let cell = run.text("vpp")
    if let stated = run.count("vpp") { return stated }
    if cell.contains("1 layer") { return (blocks + stages - 1) / stages }
    guard cell.isEmpty else { throw RunGap("vpp: found \(cell), not a whole number") }
    if words.contains("not stated") {
      notes.append("interleaving not in the row: none")
      return 1
    }
    let perRank = max(1, blocks / stages)
    let chunks = (1...6).last { perRank % $0 == 0 } ?? 1
    notes.append("virtual stages not in the row: \(chunks)")
    return chunks
  }

  /// An even split, unless the framework or the row divides otherwise.
  private func division(_ model: Model, stages: Int) throws(RunGap) -> [Int] {
    let blocks = model.blocks.count
    if run.words("framework") == "nanotron" { return try nanotronDivision(blocks: blocks, stages: stages) }
    // `type:transformer|embedding` gives embedding and head the slot of a layer each.
    guard run.words("note").contains("take one layer slot"), stages > 1, (blocks + 2) % stages == 0 else {
      return StageSplit.even(blocks: blocks, stages: stages)
    }
    var counts = Array(repeating: (blocks + 2) / stages, count: stages)
    counts[0] -= 1
    counts[stages - 1] -= 1
    return counts
  }

  /// Nanotron walks the model, adds up what each part computes (a layer `4 h^2 + 3 h f`, the head `V h`) and goes on to
  /// the next stage after the part that passes the stage's share of the sum (github.com/huggingface/nanotron, build_model
  /// and get_block_compute_costs).
  private func nanotronDivision(blocks: Int, stages: Int) throws(RunGap) -> [Int] {
    let hidden = Double(try run.required("hidden"))
    let layer = 4 * hidden * hidden + 3 * hidden * Double(try run.required("ffn"))
    let sum = Double(blocks) * layer + hidden * Double(try run.required("vocab"))
    var counts = Array(repeating: 0, count: stages)
    var (stage, done) = (0, 0.0)
    for _ in 0..<blocks {
      counts[stage] += 1
      done += layer
      if stage < stages - 1, done > sum * Double(stage + 1) / Double(stages) { stage += 1 }
    }
    return counts
  }
}
