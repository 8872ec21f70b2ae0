import ClusterSimulation
import Costing
import Hardware
import Parallelism
import Quantities
import ScenarioIO
import Workload

/// Turns rows of measured runs into what the simulator takes.
struct RunMapping {
  private let clusters = RunClusterMapping()
  private var costs: [String: KernelCosts] = [:]

  /// A row as a setup.
  struct Scenario {
    var setup: TrainingSetup
    /// What was measured of an iteration.
    var region: TimedRegion
    /// What the row does not say and was assumed.
    var notes: [String]
  }

  /// The setup of a row.
  ///
  /// - Throws: ``RunGap``: what is missing in the row or in the simulator.
  mutating func scenario(_ run: MeasuredRun) throws(RunGap) -> Scenario {
    var notes: [String] = []
    if run.words("optimizer").contains("offload") { throw RunGap("optimizer: states on the host do not exist") }
    if run.words("note").contains("not a gpu") { throw RunGap("gpu: \(run.text("gpu")) is not in the catalogue") }
    let planner = RunPlanMapping(run: run)
    let devices = try planner.devices()
    let cluster = try clusters.cluster(run, devices: devices, &notes)
    let model = try RunModelMapping(run: run).model(&notes)
    let (plan, batch) = try planner.plan(model, devices: devices, &notes)
    let job = try RunNumberMapping(run: run, hasTF32: cluster.device.peak[.tf32] != nil).job(batch: batch, &notes)
    guard cluster.device.peak(for: job.format) != nil else {
      throw RunGap("dtype: \(cluster.device.name) does not compute in \(job.format.rawValue)")
    }
    var setup = TrainingSetup(
      model: model, cluster: cluster, job: job, plan: plan,
      options: RunOptionMapping(run: run, gpu: cluster.device.name, stages: plan.pipelineParallel).options(&notes))
    setup.kernelCosts = try kernelCosts(cluster.device)
    return Scenario(setup: setup, region: TimedRegion(run), notes: notes)
  }

  private mutating func kernelCosts(_ device: DeviceSpec) throws(RunGap) -> KernelCosts {
    if let known = costs[device.name] { return known }
    // A variant of a chip is priced by the chip's table.
    let known = device.name.hasSuffix("-500w") ? "h100-sxm-80gb" : device.name
    guard let listed = try? Catalog.builtIn.device(named: known),
      let table = try? Catalog.builtIn.kernelTable(for: listed)
    else { return KernelCosts() }
    let made = KernelCosts(choice: .auto, models: [MeasuredCostModel(device: device, table: table)])
    costs[device.name] = made
    return made
  }
}

/// What of an iteration a row has timed.
enum TimedRegion: String {
  /// All of it.
  case iteration
  /// The forward and backward passes, without the update.
  case passes
  /// The forward pass.
  case forward

  /// The region a row names.
  init(_ run: MeasuredRun) {
    let (note, optimizer) = (run.words("note"), run.words("optimizer"))
    if note.hasPrefix("forward only") || note.hasPrefix("forward,") || run.words("mode") == "inf" {
      self = .forward
    } else if optimizer.hasPrefix("none") {
      self = .passes
    } else {
      self = .iteration
    }
  }
}
