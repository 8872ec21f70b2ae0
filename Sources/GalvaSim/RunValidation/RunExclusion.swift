/// Rows whose measurement does not count, by rules that know nothing of a prediction.
struct RunExclusion {
  /// Ids of rows that were seen, by everything else they say.
  private var seen: [String: String] = [:]
  private var ids: Set<String> = []
  /// The table that is read.
  private var scaling = RunScaling([])

  /// Begins with another table.
  mutating func begin(_ runs: [MeasuredRun]) { scaling = RunScaling(runs) }

  /// Columns that make two rows the same measurement.
  private static let identity = [
    "gpu", "n_gpus", "model", "layers", "hidden", "heads", "seq", "dtype", "global_batch", "micro_batch", "tp", "sp",
    "pp",
    "vpp", "cp", "ep", "zero_stage", "recompute", "schedule", "attention_impl", "framework", "measured_iter_time_s",
  ]

  /// Why a row does not count; `nil` when it does.
  mutating func reason(_ run: MeasuredRun) -> String? {
    if run.file.cell(run.row, "id") != nil, !ids.insert(run.id).inserted { return "id: names an earlier row too" }
    let reliability = run.text("reliability")
    if !reliability.isEmpty, reliability != "ok" { return "reliability: \(reliability)" }
    if let reason = Self.pathology(run) { return reason }
    let note = run.words("note")
    for word in ["misprint", "swapped", "implausible", "inconsistent"] where note.contains(word) {
      return "note: says \(word)"
    }
    if let witness = scaling.witness(against: run) {
      return "disturbed: with as many replicas or more \(witness) is more than twice as fast on each GPU"
    }
    guard run.statedTime != nil else { return nil }
    let identity = Self.identity.map { run.text($0) }.joined(separator: "\u{1f}")
    if let first = seen[identity] { return "repeats \(first)" }
    seen[identity] = run.id
    return nil
  }

  /// Runs of a sweep whose network did not work: more than 256 GPUs, or less than 5 % of the peak.
  private static func pathology(_ run: MeasuredRun) -> String? {
    guard run.outcome == .ran, let utilization = run.number("mfu_pct") else { return nil }
    if utilization < 5 { return "mfu_pct below 5: the network of this sweep is known to have failed there" }
    guard let devices = run.count("n_gpus"), devices > 256, run.words("framework") == "nanotron" else { return nil }
    return "more than 256 GPUs: the network of this sweep is known to have failed there"
  }
}
