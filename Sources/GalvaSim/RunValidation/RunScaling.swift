/// Finds rows that another row of the same table shows to be disturbed: the same plan with as many or more replicas, and
/// no more micro-batches, runs more than twice as fast on each GPU. More replicas only add communication.
struct RunScaling {
  /// Columns that make two rows the same plan, whatever the number of replicas and whether optimizer states are sharded.
  private static let identity = [
    "gpu", "model", "layers", "hidden", "heads", "seq", "dtype", "micro_batch", "tp", "sp", "pp", "vpp", "cp", "ep",
    "recompute", "schedule", "attention_impl", "optimizer", "framework", "note",
  ]

  /// One measured speed of a plan.
  private struct Speed {
    var devices: Int
    var steps: Double
    var rate: Double
    var id: String
  }

  private var speeds: [String: [Speed]] = [:]

  /// Collects the speeds of a table.
  init(_ runs: [MeasuredRun]) {
    for run in runs {
      guard let speed = Self.speed(run) else { continue }
      speeds[Self.key(run), default: []].append(speed)
    }
  }

  /// The row that shows another to be disturbed; `nil` when there is none.
  func witness(against run: MeasuredRun) -> String? {
    guard let own = Self.speed(run) else { return nil }
    return speeds[Self.key(run)]?.first {
      $0.devices >= own.devices && $0.steps <= own.steps && $0.rate > 2 * own.rate
    }?.id
  }

  private static func key(_ run: MeasuredRun) -> String {
    identity.map { run.text($0) }.joined(separator: "\u{1f}")
  }

  private static func speed(_ run: MeasuredRun) -> Speed? {
    guard let time = run.statedTime, let devices = run.count("n_gpus"), let replicas = run.count("dp"),
      let size = run.count("micro_batch"), let batch = run.count("global_batch")
    else { return nil }
    let steps = run.number("grad_acc") ?? Double(batch) / Double(replicas * size)
    let sequences = steps * Double(replicas * size)
    return Speed(devices: devices, steps: steps, rate: sequences / time / Double(devices), id: run.id)
  }
}
