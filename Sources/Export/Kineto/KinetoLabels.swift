import ClusterSimulation
import Workload

/// The texts of a trace of one rank, kept once.
struct KinetoLabels {
  typealias Label = ChromeJSONWriter.Label
  typealias Argument = ChromeJSONWriter.Argument

  let kernel: Label
  let runtime: Label
  let annotation: Label
  let launch: Label
  let externalID: Label
  let correlation: Label
  let device: Label
  let context: Label
  let stream: Label
  let layer: Label
  let microBatch: Label
  let event: Label
  private let collective: Label
  private let groupSize: Label
  private let elementsIn: Label
  private let elementsOut: Label
  private let type: Label
  private let byte: Label
  private let peer: Label
  private let patterns: [Label]

  init(_ writer: inout ChromeJSONWriter) {
    kernel = writer.label("kernel")
    runtime = writer.label("cuda_runtime")
    annotation = writer.label("gpu_user_annotation")
    launch = writer.label("cudaLaunchKernel")
    externalID = writer.label("External id")
    correlation = writer.label("correlation")
    device = writer.label("device")
    context = writer.label("context")
    stream = writer.label("stream")
    layer = writer.label("layer")
    microBatch = writer.label("micro-batch")
    event = writer.label("event")
    collective = writer.label("Collective name")
    groupSize = writer.label("Group size")
    elementsIn = writer.label("In msg nelems")
    elementsOut = writer.label("Out msg nelems")
    type = writer.label("dtype")
    byte = writer.label("Byte")
    peer = writer.label("peer")
    patterns = Self.allPatterns.map { writer.label($0.call) }
  }

  /// How NCCL calls a pattern, and the kernel that runs it.
  struct Pattern: Hashable {
    let call: String
    let kernel: String
  }

  private static let allPatterns = [
    Pattern(call: "allreduce", kernel: "AllReduce"), Pattern(call: "allgather", kernel: "AllGather"),
    Pattern(call: "reduce_scatter", kernel: "ReduceScatter"), Pattern(call: "all_to_all", kernel: "AllToAll"),
    Pattern(call: "broadcast", kernel: "Broadcast"), Pattern(call: "send_recv", kernel: "SendRecv"),
    Pattern(call: "send", kernel: "SendRecv"), Pattern(call: "recv", kernel: "SendRecv"),
  ]

  /// The pattern of a task that communicates.
  static func pattern(_ task: TimelineTask) -> Pattern { allPatterns[patternIndex(task)] }

  private static func patternIndex(_ task: TimelineTask) -> Int {
    switch task.kind {
    case .send: 6
    case .receive: 7
    default: Int((task.collective ?? .sendReceive).number)
    }
  }

  /// What NCCL tells the profiler of a call; elements are bytes.
  func communication(_ task: TimelineTask) -> [Argument] {
    let group = Int64(max(task.groupSize, 1))
    let (sent, received): (Int64, Int64) =
      switch task.collective {
      case .allGather: (task.bytes / group, task.bytes)
      case .reduceScatter: (task.bytes, task.bytes / group)
      default: (task.bytes, task.bytes)
      }
    var arguments: [Argument] = [
      .text(collective, patterns[Self.patternIndex(task)]), .integer(elementsIn, sent),
      .integer(elementsOut, received), .integer(groupSize, group), .text(type, byte),
    ]
    if task.peer >= 0 { arguments.append(.integer(peer, Int64(task.peer))) }
    return arguments
  }
}
