// Stand-ins for the plan texts and checks of branch `parallelism`; dropped at merge.
import Workload

/// One reason why a plan cannot be laid out.
public struct PlanViolation: Error, CustomStringConvertible {
  /// Where in the plan.
  public let path: String
  /// Where, what was found, what to do.
  public let description: String
}

extension ParallelPlan {
  /// Everything that keeps the plan from running.
  public func violations(model: Model, job: TrainingJob, devices: Int) -> [PlanViolation] {
    var found: [PlanViolation] = []
    func add(_ path: String, _ text: String) {
      found.append(PlanViolation(path: path, description: "\(path): \(text)"))
    }
    guard devices % pipelineParallel == 0 else {
      add("plan.pp", "\(pipelineParallel) pipeline ranks do not divide \(devices) devices; use a divisor of \(devices)")
      return found
    }
    if layers.count != model.blocks.count {
      add("plan.layers", "\(layers.count) strategies for \(model.blocks.count) blocks; list one per block")
    }
    if layersPerStage.count != pipelineParallel * virtualStages {
      add("plan.stages", "\(layersPerStage.count) stages; list pp x vpp = \(pipelineParallel * virtualStages)")
    }
    if layersPerStage.reduce(0, +) != model.blocks.count {
      add("plan.stages", "the stages hold another number of layers than the model; make them equal")
    }
    let size = devices / pipelineParallel
    for (path, strategy) in [("plan.embedding", embedding)] + layers.enumerated().map({ ("plan.layers[\($0)]", $1) }) {
      if strategy.devices != size {
        add(path, "tp x ulysses x cp x dp is \(strategy.devices), a stage has \(size) devices; make them equal")
      }
      if strategy.ulysses > 1, strategy.tensorParallel > 1 {
        add(path + ".ulysses", "Ulysses beside tensor parallelism; set one of them to 1")
      }
    }
    if job.globalBatch % microBatches != 0 {
      add("plan.micro_batches", "\(microBatches) micro-batches do not divide the batch; use a divisor")
    }
    return found
  }
}

/// A text that is not a plan or a strategy.
public struct PlanTextError: Error, CustomStringConvertible {
  /// What was found, what to do.
  public let description: String
}

extension LayerStrategy {
  /// Reads a strategy such as `tp4-dp2-sp-z3-ckpt`.
  public init(text: String) throws(PlanTextError) {
    self.init()
    for part in text.split(separator: "-", omittingEmptySubsequences: false) {
      let name = String(part.prefix { $0.isLetter })
      let number = Int(part.dropFirst(name.count))
      switch (name, number) {
      case ("tp", let number?) where number > 0: tensorParallel = number
      case ("dp", let number?) where number > 0: dataParallel = number
      case ("cp", let number?) where number > 0: contextParallel = number
      case ("ep", let number?) where number > 0: expertParallel = number
      case ("ulysses", let number?) where number > 0: ulysses = number
      case ("z", let number?): zero = ZeroStage(rawValue: number) ?? .none
      case ("sp", nil): sequenceParallel = true
      case ("selective", nil): recompute = .selective
      case ("ckpt", nil): recompute = .full
      case ("strided", nil): isConsecutive = false
      default: throw PlanTextError(description: "'\(part)' is no part of a strategy; write parts such as tp2, dp4, z3")
      }
    }
  }

  /// The strategy as text.
  public var text: String { "tp\(tensorParallel)-dp\(dataParallel)" }
}

extension ParallelPlan {
  /// Reads a whole plan; the stand-in refuses every text.
  public init(text: String) throws(PlanTextError) { throw PlanTextError(description: "'\(text)' is not a plan") }

  /// The plan as text.
  public var text: String { "pp\(pipelineParallel) vpp\(virtualStages) mb\(microBatches)" }
}

/// A Galvatron plan that cannot be used.
public struct GalvatronPlanError: Error, CustomStringConvertible {
  /// Where, what was found, what to do.
  public let description: String
}

/// The fields of a Galvatron plan file.
public struct GalvatronPlan: Hashable, Sendable {
  /// A value of a plan file.
  public enum Value: Hashable, Sendable {
    /// A whole number.
    case integer(Int)
    /// A text.
    case text(String)
  }

  /// One entry of a plan file.
  public struct Field: Hashable, Sendable {
    /// The key.
    public let key: String
    /// Its value.
    public let value: Value

    /// Pairs a key with its value.
    public init(key: String, value: Value) {
      self.key = key
      self.value = value
    }
  }

  /// The fields in order.
  public let fields: [Field]

  /// Adopts fields.
  public init(fields: [Field]) throws(GalvatronPlanError) {
    self.fields = fields
    if !fields.contains(where: { $0.key == "pp_deg" }) {
      throw GalvatronPlanError(description: "pp_deg: missing; give the pipeline degree")
    }
  }

  /// Sequences of one iteration.
  public var globalBatch: Int { integer("global_bsz") ?? 0 }

  func integer(_ key: String) -> Int? {
    for field in fields where field.key == key { if case .integer(let value) = field.value { return value } }
    return nil
  }

  func list(_ key: String) -> [Int] {
    for field in fields where field.key == key {
      if case .text(let text) = field.value { return text.split(separator: ",").compactMap { Int($0) } }
    }
    return []
  }
}

extension ParallelPlan {
  /// Lays a Galvatron plan out.
  public init(galvatron: GalvatronPlan, devices: Int) throws(GalvatronPlanError) {
    let stages = galvatron.integer("pp_deg") ?? 1
    let layers = galvatron.list("tp_sizes_enc").map { degree in
      var strategy = LayerStrategy()
      strategy.tensorParallel = degree
      strategy.dataParallel = devices / stages / degree
      return strategy
    }
    guard let first = layers.first, let last = layers.last else {
      throw GalvatronPlanError(description: "tp_sizes_enc: missing; list one degree per layer")
    }
    self.init(
      pipelineParallel: stages, virtualStages: 1, layersPerStage: galvatron.list("pp_division"), layers: layers,
      embedding: first, head: last, microBatches: galvatron.integer("chunks") ?? 1, schedule: .named("1f1b"))
  }
}

/// A schedule file that cannot be read.
public struct ScheduleCSVError: Error, CustomStringConvertible {
  /// Where, what was found, what to do.
  public let description: String
}

/// Reads schedules.
public enum ScheduleCSV {
  /// What was read.
  public struct Reading: Hashable, Sendable {
    /// The schedule.
    public let schedule: CustomSchedule
  }

  /// Reads a schedule; the stand-in keeps no action.
  public static func parse(_ text: String, name: String) throws(ScheduleCSVError) -> Reading {
    guard text.contains("F") else { throw ScheduleCSVError(description: "no actions; write cells such as 0F0") }
    return Reading(schedule: CustomSchedule(name: name, actions: []))
  }
}

/// A schedule known by name only.
private struct NamedSchedule: PipelineSchedule {
  let name: String
  func obstacle(_ shape: PipelineShape) -> String? { nil }
  func placement(_ shape: PipelineShape) -> [[Int]] { [] }
  func actions(_ shape: PipelineShape) -> [[ScheduleAction]] { [] }
  func inFlightBound(rank: Int, _ shape: PipelineShape) -> Int { 0 }
}

/// The registry of schedules.
public enum ScheduleCatalog {
  /// Every schedule that has a name.
  public static let all: [any PipelineSchedule] = ["gpipe", "1f1b", "interleaved-1f1b"].map { NamedSchedule(name: $0) }
}
