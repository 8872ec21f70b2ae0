/// One of the in-order queues of a GPU, as training frameworks set them up.
public enum StreamKind: UInt8, CaseIterable, Hashable, Sendable {
  /// Kernels.
  case compute = 0
  /// Tensor-parallel, sequence-parallel and resharding collectives.
  case tensor = 1
  /// Activations and gradients sent to other pipeline stages.
  case pipelineSend = 2
  /// Activations and gradients received from other pipeline stages.
  case pipelineReceive = 3
  /// Gradient reduction, parameter gathering, norms: collectives over replicas.
  case data = 4
  /// Context-parallel exchange of keys and values.
  case context = 5
  /// Expert-parallel dispatch and combine.
  case expert = 6
  /// Copies between device and host.
  case copy = 7
  /// The thread of the processor that launches everything else; used where a framework's profile has a price for it.
  case host = 8

  /// Streams of a GPU, its launching thread included.
  public static let count = 9

  /// Name for people and files, for example `pipeline_send`.
  public var name: String {
    switch self {
    case .compute: "compute"
    case .tensor: "tensor"
    case .pipelineSend: "pipeline_send"
    case .pipelineReceive: "pipeline_receive"
    case .data: "data"
    case .context: "context"
    case .expert: "expert"
    case .copy: "copy"
    case .host: "host"
    }
  }
}

/// What a task does, for colours, breakdowns and files.
public enum TaskKind: UInt8, CaseIterable, Hashable, Sendable {
  /// A kernel of the forward pass.
  case forward = 0
  /// A kernel that computes the gradient of an input.
  case backwardInput
  /// A kernel that computes the gradient of weights.
  case backwardWeight
  /// A forward kernel run again.
  case recompute
  /// The global gradient norm.
  case gradientNorm
  /// The weight update.
  case optimizer
  /// A collective of the layer program (tensor, context, expert, Ulysses).
  case layerCollective
  /// A change of layout between unlike neighbouring strategies.
  case resharding
  /// A reduction of gradients over replicas.
  case gradientReduction
  /// A gathering of sharded parameters.
  case parameterGather
  /// A message to another stage.
  case send
  /// A message from another stage.
  case receive
  /// Nothing but a moment others wait for: takes no time, is on no timeline.
  case marker
  /// The processor's work: launching kernels, and what a framework does around them.
  case launch

  /// Name for people and files, for example `backward_input`.
  public var name: String {
    switch self {
    case .forward: "forward"
    case .backwardInput: "backward_input"
    case .backwardWeight: "backward_weight"
    case .recompute: "recompute"
    case .gradientNorm: "gradient_norm"
    case .optimizer: "optimizer"
    case .layerCollective: "layer_collective"
    case .resharding: "resharding"
    case .gradientReduction: "gradient_reduction"
    case .parameterGather: "parameter_gather"
    case .send: "send"
    case .receive: "receive"
    case .marker: "marker"
    case .launch: "launch"
    }
  }
}
