/// One reason why a plan cannot be laid out for a model, a batch and a number of devices.
///
/// `path` says where: `plan.layers[3].tp`, `plan.embedding.dp`, `plan.pp`.
public enum PlanViolation: Error, Hashable, Sendable {
  /// A degree or count below 1.
  case notPositive(path: String, found: Int)
  /// The pipeline degree does not divide the devices.
  case devicesNotDivisible(devices: Int, pipelineParallel: Int)
  /// A layer's degrees do not multiply to the size of a stage.
  case stageSizeMismatch(path: String, product: Int, stageSize: Int)
  /// The plan has more or fewer strategies than the model has blocks.
  case layerCount(found: Int, blocks: Int)
  /// The list of stages is not one entry per virtual stage.
  case stageCount(found: Int, expected: Int)
  /// A stage with fewer than no layers.
  case negativeStage(stage: Int, found: Int)
  /// The stages do not add up to the model.
  case stageSum(found: Int, blocks: Int)
  /// A degree does not divide what it splits.
  case notDivisible(path: String, what: String, count: Int, degree: Int)
  /// The expert-parallel degree does not divide the data and context ranks it reuses.
  case expertRanks(path: String, expertParallel: Int, ranks: Int)
  /// Ulysses beside tensor parallelism.
  case ulyssesWithTensor(path: String, ulysses: Int, tensorParallel: Int)
  /// Sequence parallelism without tensor parallelism.
  case sequenceParallelAlone(path: String)
  /// A data-parallel degree that does not divide the largest one.
  case dataParallelNotNested(path: String, degree: Int, largest: Int)
  /// The batch cannot be cut.
  case microBatching(MicroBatchingError)
  /// No such schedule.
  case unknownSchedule(name: String, known: [String])
  /// The schedule cannot run this pipeline.
  case scheduleObstacle(String)
  /// The stride of the rank order does not divide the stage.
  case strideNotDivisor(stride: Int, stageSize: Int)
  /// The stride of the rank order tears consecutive tensor-parallel neighbours apart.
  case strideSplitsGroup(stride: Int, path: String, block: Int)
}

extension PlanViolation {
  /// Where in the plan.
  public var path: String {
    switch self {
    case .notPositive(let path, _), .stageSizeMismatch(let path, _, _), .notDivisible(let path, _, _, _),
      .expertRanks(let path, _, _), .ulyssesWithTensor(let path, _, _), .sequenceParallelAlone(let path),
      .dataParallelNotNested(let path, _, _):
      path
    case .devicesNotDivisible: "plan.pp"
    case .layerCount: "plan.layers"
    case .stageCount, .stageSum: "plan.stages"
    case .negativeStage(let stage, _): "plan.stages[\(stage)]"
    case .microBatching: "plan.micro_batches"
    case .unknownSchedule, .scheduleObstacle: "plan.schedule"
    case .strideNotDivisor, .strideSplitsGroup: "plan.rank_order.stride"
    }
  }
}

extension PlanViolation: CustomStringConvertible {
  /// Where, what was found, what to do.
  public var description: String { "\(path): \(finding)" }

  /// What was found, what to do.
  private var finding: String {
    switch self {
    case .notPositive(_, let found): "\(found); use at least 1"
    case .devicesNotDivisible(let devices, let degree):
      "\(degree) pipeline ranks do not divide \(devices) devices; use a divisor of \(devices)"
    case .stageSizeMismatch(_, let product, let size):
      "tp x ulysses x cp x dp is \(product), a stage has \(size) devices; make them equal"
    case .layerCount(let found, let blocks): "\(found) strategies for \(blocks) blocks; list one per block"
    case .stageCount(let found, let expected): "\(found) stages; list pp x vpp = \(expected)"
    case .negativeStage(_, let found): "\(found) layers; use 0 or more"
    case .stageSum(let found, let blocks):
      "the stages hold \(found) layers, the model has \(blocks) blocks; make them equal"
    case .notDivisible(_, let what, let count, let degree):
      "\(count) \(what) do not divide over \(degree); use a divisor of \(count)"
    case .expertRanks(_, let degree, let ranks):
      "\(degree) expert-parallel ranks do not divide dp x cp = \(ranks); use a divisor of \(ranks)"
    case .ulyssesWithTensor(_, let ulysses, let tensor):
      "Ulysses degree \(ulysses) beside tensor-parallel degree \(tensor); set one of them to 1"
    case .sequenceParallelAlone:
      "sequence parallelism with tensor-parallel degree 1; switch it off or raise tp"
    case .dataParallelNotNested(_, let degree, let largest):
      "\(degree) does not divide the plan's largest data-parallel degree, \(largest); use a divisor of \(largest)"
    case .microBatching(let error): error.description
    case .unknownSchedule(let name, let known):
      "no schedule '\(name)'; choose one of \(known.joined(separator: ", "))"
    case .scheduleObstacle(let text): text
    case .strideNotDivisor(let stride, let size):
      "\(stride) does not divide the \(size) devices of a stage; use a divisor of \(size)"
    case .strideSplitsGroup(let stride, let path, let block):
      "\(stride) splits the \(block) neighbouring ranks (tp x ulysses x cp) of \(path); use a multiple of \(block)"
    }
  }
}
