import Parallelism
import Quantities
import Workload

/// The `job` section as it stands in the file.
struct JobSection {
  let globalBatch: Int
  let sequenceLength: Int?
  let format: NumberFormat
  let gradientFormat: NumberFormat
  let optimizer: Optimizer
  let microBatch: Int?
  let node: DocumentNode

  var sequenceNode: DocumentNode? { node["sequence_length"] }
  var precisionNode: DocumentNode? { node["precision"] }

  /// The job of a model; a vision model brings its own number of positions.
  func training(for model: Model) -> TrainingJob {
    TrainingJob(
      globalBatch: globalBatch, sequenceLength: sequenceLength ?? model.embedding.sequenceLength, format: format,
      gradientFormat: gradientFormat, optimizer: optimizer)
  }
}

/// Reads the `job` section.
struct JobReader {
  let log: ProblemLog
  /// Largest batch, sequence length and micro-batch: their products stay inside 64 bits.
  static let maximumCount = 100_000_000

  /// The section; `nil` with problems recorded.
  func job(_ node: DocumentNode, takesImages: Bool?) -> JobSection? {
    guard let reader = MappingReader(node, path: "job", keys: .job, log: log) else { return nil }
    let before = log.problems.count
    let counts = 1...Self.maximumCount
    let batch = reader.requiredInteger("global_batch", in: counts)
    let length = reader.integer("sequence_length", in: counts)
    if takesImages == false { _ = reader.require("sequence_length", "a whole number, because the model reads text") }
    let formats = NumberFormat.allCases.map { ($0.rawValue, $0) }
    _ = reader.require("precision", ProblemLog.list(formats.map(\.0)))
    let format = reader.choice("precision", among: formats)
    let gradient = reader.choice(
      "gradient_precision", among: formats.filter { $0.1 != .fp8 && $0.1 != .tf32 })
    let optimizers = Optimizer.allCases.map { ($0.rawValue, $0) } + [("adamw", Optimizer.adam)]
    let optimizer = reader.choice("optimizer", among: optimizers) ?? .adam
    let microBatch = reader.integer("micro_batch", in: counts)
    guard log.problems.count == before, let batch, let format else { return nil }
    return JobSection(
      globalBatch: batch, sequenceLength: length, format: format,
      gradientFormat: gradient ?? (format.bytesPerElement < 4 ? .fp32 : format), optimizer: optimizer,
      microBatch: microBatch, node: node)
  }
}

/// Reads the `options` section.
struct OptionsReader {
  let log: ProblemLog

  /// The options, defaults where the section is silent; `nil` with problems recorded.
  func options(_ node: DocumentNode?, capacity: Bytes?) -> ExecutionOptions? {
    var options = ExecutionOptions()
    guard let node else { return options }
    guard let reader = MappingReader(node, path: "options", keys: .options, log: log) else { return nil }
    let frameworks = FrameworkCatalog.all.map { ($0.name, $0) }
    if let value = reader.choice("framework", among: frameworks) { options.adopt(value) }
    if let value = reader.boolean("overlap_parameter_gather") { options.overlapParameterGather = value }
    let attention = AttentionImplementation.allCases.map { ($0.rawValue, $0) }
    let reduction = GradientReduction.allCases.map { ($0.rawValue, $0) }
    if let value = reader.choice("attention", among: attention) { options.attention = value }
    if let value = reader.choice("gradient_reduction", among: reduction) { options.gradientReduction = value }
    if let value = reader.boolean("dropout") { options.dropout = value }
    if let value = reader.boolean("overlap_gradient_reduction") { options.overlapGradientReduction = value }
    if let value = reader.boolean("reshard_after_forward") { options.reshardAfterForward = value }
    if let value = reader.boolean("overlap_pipeline_sends") { options.overlapPipelineSends = value }
    if let value = reader.boolean("overlap_tensor_backward") { options.overlapTensorBackward = value }
    if let value = reader.boolean("clip_gradients") { options.clipsGradients = value }
    if let value = reader.boolean("interference") { options.modelsInterference = value }
    if let value = reader.integer("pending_reductions", in: 1...1000) { options.pendingReductions = value }
    if let value = reader.integer("prefetch_layers", in: 1...10_000) { options.prefetchLayers = value }
    if let value = reader.bytes("gradient_bucket") { options.gradientBucket = value }
    if let value = reader.bytes("communication_buffers", allowsZero: true) { options.communicationBuffers = value }
    if let value = reader.boolean("expandable_segments") { options.allocator.usesExpandableSegments = value }
    options.allocator.maximumSplitSize = reader.bytes("max_split_size")?.count
    if let node = reader.value("collection_threshold") {
      options.allocator.collectionThreshold = log.number(
        node, path: "options.collection_threshold", in: 0.01...1, expected: "a share of the memory from 0.01 to 1")
    }
    options.memoryLimit = reader.bytes("memory_limit")
    if let limit = options.memoryLimit, let capacity, limit > capacity, let place = reader.value("memory_limit") {
      log.add(
        place, path: "options.memory_limit", expected: "at most the memory of the GPU, \(Self.gibibytes(capacity)) GiB")
    }
    return options
  }

  /// An amount in GiB with two decimals, rounded down.
  private static func gibibytes(_ amount: Bytes) -> String {
    let hundredths = Int64(amount.gibibytes * 100)
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
