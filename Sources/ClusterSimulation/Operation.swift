import Costing
import Quantities
import Workload

/// How an operation meets other ranks.
@frozen
public enum OperationRole: UInt8, Hashable, Sendable {
  /// It does not: it starts when its stream and its waits allow.
  case local = 0
  /// Starts like a local one; when it ends, a message has arrived at another rank.
  case send = 1
  /// Ends when the matching send has ended.
  case receive = 2
  /// Starts at the same instant on all ranks of a group.
  case join = 3
}

/// One operation of a template: the hot half, read by the executors.
///
/// Operations of a template are stored in issue order. Those of one stream run one after the other.
@frozen
public struct Operation: Hashable, Sendable {
  /// Time the operation takes once it has started, in nanoseconds; 0 for a receive.
  public var duration: Int64
  /// First entry of its waits in ``ProgramSet/waits``.
  public var firstWait: Int32
  /// Number of waits.
  public var waitCount: UInt16
  /// Raw value of its ``StreamKind``.
  public var stream: UInt8
  /// How it meets other ranks.
  public var role: OperationRole
  /// Send: the peer slot of the receiver. Receive: the index of a ``Channel``. Join: the group slot. Else -1.
  public var link: Int32
  /// Index within the template of the next operation on the same stream, or -1.
  public var nextOnStream: Int32
}

/// What must have ended before an operation starts, besides its predecessor on its own stream.
///
/// Either an earlier operation of the same step, or everything a stream was given in earlier steps.
@frozen
public struct Wait: Hashable, Sendable {
  /// Non-negative: index within the template. Negative: `-1 - stream`.
  public var code: Int32

  /// Waits for an operation of the same template.
  @inlinable
  public static func operation(_ index: Int) -> Wait { Wait(code: Int32(truncatingIfNeeded: index)) }

  /// Waits for everything issued on a stream in earlier steps.
  @inlinable
  public static func earlierSteps(of stream: StreamKind) -> Wait { Wait(code: -1 - Int32(stream.rawValue)) }

  @inlinable
  init(code: Int32) { self.code = code }
}

/// Where a receive finds its message: a peer and the row of the matching send in the peer's program.
@frozen
public struct Channel: Hashable, Sendable {
  /// Slot of the sending rank in ``RankMap/peers``.
  public var peerSlot: Int32
  /// First entry in ``ProgramSet/sendRows``; the micro-batch is added to it.
  public var firstSendRow: Int32
}

/// The cold half of an operation: what people and files want to know of it.
public struct OperationInfo: Hashable, Sendable {
  /// Index into ``ProgramSet/names``.
  public var name: Int32
  /// What it does.
  public var kind: TaskKind
  /// Layer of the model: 0 is the embedding, then the blocks, then the head; -1 for none.
  public var layer: Int32
  /// Virtual stage, or -1.
  public var virtualStage: Int32
  /// Bytes moved: memory traffic of a kernel, payload of a collective or message.
  public var bytes: Int64
  /// Floating-point operations of a kernel.
  public var operations: Double
  /// Ranks that take part: 1 for a kernel, 2 for a message.
  public var groupSize: Int32
  /// Pattern of a collective; `nil` for kernels and messages.
  public var call: CollectiveKind?
  /// What the duration of a kernel rests on; `nil` for collectives and messages.
  public var basis: KernelBasis?
}

/// What memory is used for.
public enum MemoryCategory: UInt8, CaseIterable, Hashable, Sendable {
  /// Weights as the forward pass uses them.
  case parameters = 0
  /// Accumulated gradients.
  case gradients
  /// Master weights and moments.
  case optimizer
  /// Tensors kept for the backward pass.
  case activations
  /// Tensors computed again in the backward pass.
  case recompute
  /// Parameters gathered from other replicas for a while.
  case gathered
  /// Send, receive and reduction buffers.
  case communication
  /// Scratch of a running kernel.
  case workspace
  /// Driver, runtime and kernels, outside the allocator.
  case context

  /// Name for people and files, for example `activations`.
  public var name: String {
    switch self {
    case .parameters: "parameters"
    case .gradients: "gradients"
    case .optimizer: "optimizer"
    case .activations: "activations"
    case .recompute: "recompute"
    case .gathered: "gathered"
    case .communication: "communication"
    case .workspace: "workspace"
    case .context: "context"
    }
  }
}

/// A change of the memory ledger tied to one operation of a template.
public struct MemoryEffect: Hashable, Sendable {
  /// Index of the operation within the template.
  public var operation: Int32
  /// Whether it happens when the operation ends rather than when it starts.
  public var atEnd: Bool
  /// What the memory is used for.
  public var category: MemoryCategory
  /// Layer it belongs to, as in ``OperationInfo/layer``.
  public var layer: Int32
  /// Bytes allocated, or with a negative sign freed.
  public var bytes: Int64
}

/// Memory a rank holds from before the first task to after the last.
public struct ResidentMemory: Hashable, Sendable {
  /// What for.
  public var category: MemoryCategory
  /// Which layer, as in ``OperationInfo/layer``; -1 for none.
  public var layer: Int32
  /// How much, per rank.
  public var bytes: Bytes

  package init(category: MemoryCategory, layer: Int32, bytes: Bytes) {
    self.category = category
    self.layer = layer
    self.bytes = bytes
  }
}
