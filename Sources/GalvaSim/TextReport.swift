import ClusterSimulation
import Costing
import Planning
import Quantities
import ScenarioIO
import Workload

extension ScenarioRun {
  /// The report for people: verdict, speed, where the time and the memory go, a picture of the pipeline.
  public var text: String {
    (headLines + [""] + speedLines + [""] + stageLines + [""] + timeLines + [""] + memoryLines + pictureLines
      + (result.fits ? networkLines : []) + noteLines)
      .joined(separator: "\n") + "\n"
  }

  private var headLines: [String] {
    let cluster = scenario.cluster
    let plan = scenario.plan
    let schedule =
      switch plan.schedule {
      case .named(let name): name
      case .custom(let custom): custom.name
      }
    let billions = Readable.fixed(Double(scenario.model.parameterCount) / 1e9, 2)
    return [
      "\(scenario.name): \(scenario.model.name) (\(billions) B parameters) on \(cluster.deviceCount) x "
        + "\(cluster.device.title), \(cluster.nodes) node\(cluster.nodes == 1 ? "" : "s")",
      "batch \(scenario.job.globalBatch) in \(plan.microBatches) micro-batch\(plan.microBatches == 1 ? "" : "es"), "
        + "\(scenario.job.format.rawValue), \(plan.pipelineParallel) stage\(plan.pipelineParallel == 1 ? "" : "s")"
        + (plan.virtualStages > 1 ? " x \(plan.virtualStages) chunks" : "") + ", \(schedule); "
        + strategySummary,
    ]
  }

  /// The strategies of the blocks, equal neighbours counted.
  private var strategySummary: String {
    var runs: [(text: String, count: Int)] = []
    for strategy in scenario.plan.layers {
      if let last = runs.last, last.text == strategy.text {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((strategy.text, 1))
      }
    }
    let shown = runs.prefix(4).map { "\($0.count) x \($0.text)" }.joined(separator: ", ")
    return runs.count > 4 ? shown + ", ..." : shown
  }

  private var speedLines: [String] {
    guard result.fits else {
      return ["DOES NOT FIT: see the memory section below; a plan that does not fit has no speed"]
    }
    let perDevice = result.tokensPerSecond / Double(scenario.cluster.deviceCount)
    let what = scenario.model.embedding.isText ? "tokens" : "patches"
    return [
      "fits; one iteration takes \(Readable.time(result.iterationTime.seconds.value))",
      "  \(Readable.fixed(result.samplesPerSecond, 2)) sequences/s, \(Readable.grouped(result.tokensPerSecond)) \(what)/s, "
        + "\(Readable.grouped(perDevice)) \(what)/s per GPU",
      "  \(Readable.fixed(result.modelRatePerRank.teraflops, 1)) model TFLOP/s per GPU, "
        + "\(Readable.percent(result.modelUtilization)) of peak (MFU)",
    ]
  }

  private var stageLines: [String] {
    var table = TextTable(
      ["stage", "ranks", "layers", "peak GiB", "of", "compute", "bubble", "exposed comm", "optimizer", "idle"])
    let capacity = Double(result.setup.memoryCapacity.count)
    for stage in result.stages {
      let used = Double(stage.memory.bytes.count) / capacity
      let times = [
        stage.time.compute, stage.time.bubble, stage.time.exposedTotal, stage.time.optimizer, stage.time.idle,
      ]
      table.add(
        [
          "\(stage.stage)", "\(stage.ranks)", layerRange(stage.layers), Readable.gibibytes(stage.memory.bytes.count),
          Readable.percent(used),
        ] + times.map { result.fits ? Readable.time($0.seconds.value) : "-" })
    }
    return table.lines
  }

  /// Layer numbers as ranges, the embedding and the head by name.
  private func layerRange(_ layers: [Int]) -> String {
    let last = scenario.model.blocks.count + 1
    var parts: [String] = []
    var blocks = layers.filter { $0 != 0 && $0 != last }[...]
    while let first = blocks.popFirst() {
      var end = first
      while blocks.first == end + 1 { end = blocks.removeFirst() }
      parts.append(first == end ? "\(first)" : "\(first)-\(end)")
    }
    if layers.contains(0) { parts.insert("embed", at: 0) }
    if layers.contains(last) { parts.append("head") }
    return parts.joined(separator: " ")
  }

  private var timeLines: [String] {
    guard result.fits else { return ["time: none"] }
    let time = result.busiest
    let total = result.iterationTime.seconds.value
    var rows: [(String, SimDuration)] = [("compute", time.compute), ("pipeline bubble", time.bubble)]
    rows += ExposedCommunication.allCases.map { ("exposed \($0.key) communication", time[$0]) }
    rows += [("optimizer", time.optimizer), ("idle at the end", time.idle)]
    let shown = rows.filter { $0.1 > .zero }
    let width = shown.map(\.0.count).max() ?? 0
    return ["time of the busiest rank:"]
      + shown.map { name, duration in
        let share = duration.seconds.value / total
        let bar = String(repeating: "#", count: Int((share * 40).rounded()))
        let pad = String(repeating: " ", count: width - name.count)
        return "  \(name)\(pad)  \(Readable.time(duration.seconds.value))  \(Readable.percent(share))  \(bar)"
      } + [basisLine]
  }

  /// What the kernels' times rest on.
  private var basisLine: String {
    let shares = result.busiestBasisShares
    let parts = KernelBasis.allCases.filter { shares.share($0) > 0 }
      .map { "\(Readable.percent(shares.share($0))) \($0.name)" }
    let tables = scenario.kernelCosts.models.map { "table \($0.table.name) (\($0.table.origin.rawValue))" }
    return "  kernel times: " + parts.joined(separator: ", ") + "; "
      + (tables.isEmpty ? "rooflines" : tables.joined(separator: ", "))
  }
}
