import ClusterSimulation

/// A row that has been read and mapped, ready to be simulated.
struct RunCase: Sendable {
  private let run: MeasuredRun
  private let path: String
  private let source: String
  private let scenario: Result<RunMapping.Scenario, RunGap>
  private let exclusion: String?

  init(
    _ run: MeasuredRun, path: String, source: String, mapping: inout RunMapping, exclusion: inout RunExclusion
  ) {
    self.run = run
    self.path = path
    self.source = source
    self.exclusion = exclusion.reason(run)
    do throws(RunGap) {
      scenario = .success(try mapping.scenario(run))
    } catch { scenario = .failure(error) }
  }

  /// Simulates the row.
  func row() -> RunValidation.Row {
    let known: RunMapping.Scenario
    switch scenario {
    case .failure(let gap): return row(nil, reason: exclusion ?? gap.reason)
    case .success(let found): known = found
    }
    do throws(RunGap) {
      return row(try .of(known, metric: MemoryMetric(run)), reason: exclusion)
    } catch { return row(nil, reason: exclusion ?? error.reason) }
  }

  private func row(_ prediction: RunPrediction?, reason: String?) -> RunValidation.Row {
    let known = try? scenario.get()
    let measured = measuredTime(known, prediction)
    let memory = run.statedMemory
    var skipped = reason
    if skipped == nil, run.outcome == .failed { skipped = "status: failed, for a reason the row does not tell" }
    if skipped == nil, run.outcome == .ran, measured == nil, memory == nil {
      skipped = "measured_iter_time_s: not in the row, nor what it follows from"
    }
    return RunValidation.Row(
      id: run.id, place: "\(path):\(run.row + 2)", source: source, gpu: run.text("gpu"), plan: planType, group: group,
      isCalibration: run.isCalibration, tokens: tokens(known), measuredTime: measured, predictedTime: prediction?.time,
      measuredMemory: memory, predictedMemory: prediction?.memory, measuredStatus: run.outcome.rawValue,
      predictedVerdict: prediction.map { $0.fits ? "fits" : "out_of_memory" }, parts: prediction?.parts ?? [],
      skippedReason: skipped, assumptions: known?.notes ?? [])
  }

  private func measuredTime(_ known: RunMapping.Scenario?, _ prediction: RunPrediction?) -> Double? {
    MeasuredTime.seconds(
      run, devices: known?.setup.cluster.deviceCount, tokens: tokens(known), operations: prediction?.operations)
  }

  /// Tokens of an iteration.
  private func tokens(_ known: RunMapping.Scenario?) -> Double? {
    known.map { Double($0.setup.job.globalBatch) * Double($0.setup.job.sequenceLength) }
  }

  /// The degrees above one, by name.
  private var planType: String {
    let parts = ["tp", "pp", "cp", "ep"].filter { (run.count($0) ?? 1) > 1 }
    let zero = Int(run.number("zero_stage") ?? 0)
    let data = zero >= 3 ? ["fsdp"] : (run.count("dp") ?? 1) > 1 ? ["dp"] : []
    return (parts + data).isEmpty ? "single" : (parts + data).joined(separator: "+")
  }

  private var group: String {
    ([source] + ["model", "layers", "hidden", "seq", "gpu", "n_gpus"].map { run.text($0) }).joined(separator: "/")
  }
}
