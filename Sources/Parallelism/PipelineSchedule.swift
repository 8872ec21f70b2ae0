/// What a pipeline rank does in one step of a schedule.
public enum ScheduleAction: Hashable, Sendable {
  /// Forward pass of a micro-batch through a virtual stage.
  case forward(stage: Int, microBatch: Int)
  /// Full backward pass (input and weight gradients).
  case backward(stage: Int, microBatch: Int)
  /// Backward pass for the input gradient only.
  case backwardInput(stage: Int, microBatch: Int)
  /// Backward pass for the weight gradients only.
  case backwardWeight(stage: Int, microBatch: Int)
}

/// The size of a pipeline a schedule is made for.
public struct PipelineShape: Hashable, Sendable {
  /// Pipeline ranks.
  public let ranks: Int
  /// Virtual stages per rank.
  public let chunks: Int
  /// Micro-batches.
  public let microBatches: Int

  /// Describes a pipeline; all at least 1.
  public init(ranks: Int, chunks: Int, microBatches: Int) {
    self.ranks = ranks
    self.chunks = chunks
    self.microBatches = microBatches
  }

  /// Virtual stages in all.
  public var stages: Int { ranks * chunks }
}

/// An order in which pipeline ranks run forward and backward passes.
public protocol PipelineSchedule: Sendable {
  /// Catalogue name, for example `1f1b`.
  var name: String { get }

  /// Why the schedule cannot run a pipeline of this shape, for people; `nil` when it can.
  func obstacle(_ shape: PipelineShape) -> String?

  /// The virtual stages of each pipeline rank, first to last; shape `[ranks][chunks]`.
  func placement(_ shape: PipelineShape) -> [[Int]]

  /// The actions of each pipeline rank in order; shape `[ranks][...]`.
  ///
  /// - Precondition: `obstacle(shape) == nil`.
  func actions(_ shape: PipelineShape) -> [[ScheduleAction]]

  /// Most micro-batches (counted per virtual stage) whose activations a rank holds at once.
  func inFlightBound(rank: Int, _ shape: PipelineShape) -> Int
}

/// A schedule that came from outside: its actions as they were written.
public struct CustomSchedule: Hashable, Sendable {
  /// Name for people, for example the file it was read from.
  public let name: String
  /// Actions of each pipeline rank; shape `[ranks][...]`.
  public let actions: [[ScheduleAction]]

  /// Keeps a schedule as it is; whether it can run is checked when the plan is validated.
  public init(name: String, actions: [[ScheduleAction]]) {
    self.name = name
    self.actions = actions
  }
}
