import Quantities

/// A run of operations that is the same for every micro-batch and every rank of a class.
public struct Template: Hashable, Sendable {
  /// Name for people, for example `F stage 3`.
  public var name: String
  /// First operation in ``ProgramSet/operations``.
  public var firstOperation: Int32
  /// Number of operations.
  public var operationCount: Int32
  /// First memory effect in ``ProgramSet/effects``.
  public var firstEffect: Int32
  /// Number of memory effects; ordered by operation, starts before ends.
  public var effectCount: Int32
}

/// One step of a program: a template run for a micro-batch.
@frozen
public struct ProgramStep: Hashable, Sendable {
  /// Index into ``ProgramSet/templates``.
  public var template: Int32
  /// Micro-batch, or -1.
  public var microBatch: Int32
  /// Row of the step's first operation within the program.
  public var firstRow: Int32
}

/// What all ranks of one class execute.
public struct Program: Hashable, Sendable {
  /// Pipeline rank (stage) of the class.
  public var stage: Int
  /// First step in ``ProgramSet/steps``.
  public var firstStep: Int32
  /// Number of steps.
  public var stepCount: Int32
  /// Operations of all steps together: rows of the trace per rank.
  public var rowCount: Int
  /// Memory held throughout.
  public var resident: [ResidentMemory]
  /// What each group slot of the program is used for, for people.
  public var groupNames: [String]
}

/// A compiled plan: templates of operations shared by all micro-batches and ranks, and the order in which each class of
/// ranks runs them. Nothing here is stored per task.
public struct ProgramSet: Hashable, Sendable {
  /// Operations of all templates, one template after the other.
  public internal(set) var operations: [Operation] = []
  /// The cold half of ``operations``; same indices.
  public internal(set) var infos: [OperationInfo] = []
  /// Waits of all operations.
  public internal(set) var waits: [Wait] = []
  /// Memory effects of all templates.
  public internal(set) var effects: [MemoryEffect] = []
  /// Templates.
  public internal(set) var templates: [Template] = []
  /// First operation of each stream in each template, -1 for none; shape `[templates * StreamKind.count]`.
  public internal(set) var firstOnStream: [Int32] = []
  /// Steps of all programs.
  public internal(set) var steps: [ProgramStep] = []
  /// Programs, one per class of ranks.
  public internal(set) var programs: [Program] = []
  /// Channels of all receives.
  public internal(set) var channels: [Channel] = []
  /// Rows of sends within the sender's program, by channel and micro-batch.
  public internal(set) var sendRows: [Int32] = []
  /// Names of operations.
  public internal(set) var names: [String] = []

  init() {}

  /// The operation of a row of a program, and the step it belongs to. O(log steps).
  public func locate(row: Int, inProgram program: Int) -> (step: ProgramStep, operation: Int) {
    let steps = stepRange(ofProgram: program)
    var low = steps.lowerBound
    var high = steps.upperBound - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if Int(self.steps[middle].firstRow) <= row { low = middle } else { high = middle - 1 }
    }
    let step = self.steps[low]
    return (step, Int(templates[Int(step.template)].firstOperation) + row - Int(step.firstRow))
  }

  /// Indices of a program's steps in ``steps``.
  public func stepRange(ofProgram program: Int) -> Range<Int> {
    let first = Int(programs[program].firstStep)
    return first..<first + Int(programs[program].stepCount)
  }

  /// Indices of a template's operations in ``operations``.
  public func operationRange(ofTemplate template: Int) -> Range<Int> {
    let first = Int(templates[template].firstOperation)
    return first..<first + Int(templates[template].operationCount)
  }
}

/// The ranks an executor simulates and how they are wired to each other: one per class when folded, all when expanded.
public struct RankMap: Hashable, Sendable {
  /// Global rank each simulated rank stands for (its class's first member when folded), ascending; shape `[ranks]`.
  public internal(set) var globalRanks: [Int]
  /// Ranks each simulated rank stands for, itself included; shape `[ranks]`.
  public internal(set) var representedRanks: [Int]
  /// Program of each simulated rank; shape `[ranks]`.
  public internal(set) var programs: [Int32]
  /// First row of each simulated rank in the trace, and the number of rows at the end; shape `[ranks + 1]`.
  public internal(set) var firstRows: [Int]
  /// Peer slots per rank.
  public internal(set) var peerSlotCount: Int
  /// Simulated ranks each rank exchanges messages with, -1 for none; shape `[ranks * peerSlotCount]`.
  public internal(set) var peers: [Int32]
  /// Group slots per rank.
  public internal(set) var groupSlotCount: Int
  /// Group of each slot, -1 for none; shape `[ranks * groupSlotCount]`.
  public internal(set) var groups: [Int32]
  /// Simulated members of each group; shape `[groups]`.
  public internal(set) var groupSizes: [Int32]
  /// Whether each rank stands for its whole class.
  public internal(set) var isFolded: Bool

  /// Simulated ranks.
  public var rankCount: Int { globalRanks.count }
  /// Rows of the whole trace.
  public var rowCount: Int { firstRows[rankCount] }
}
