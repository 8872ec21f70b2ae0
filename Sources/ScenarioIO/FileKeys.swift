/// The keys of every section of our files: readers refuse others, and a test compares them with the JSON Schemas.
extension KeySet {
  static let scenario = KeySet([
    "schema_version", "name", "description", "model", "cluster", "job", "plan", "options", "conditions",
    "costs",
  ])
  static let job = KeySet([
    "global_batch", "sequence_length", "precision", "gradient_precision", "optimizer", "micro_batch",
  ])
  /// What every strategy mapping has.
  static let strategy = KeySet([
    "tp", "dp", "cp", "ep", "ulysses", "zero", "sequence_parallel", "recompute", "placement",
  ])
  /// A strategy of a run-length list.
  static let countedStrategy = KeySet(["count"] + strategy.all)
  static let plan = KeySet(
    ["pp", "vpp"] + strategy.all + [
      "schedule", "stages", "micro_batches", "order", "embedding", "head", "layers", "galvatron", "text",
    ])
  static let options = KeySet([
    "attention", "dropout", "gradient_bucket", "overlap_gradient_reduction", "pending_reductions",
    "gradient_reduction", "prefetch_layers", "reshard_after_forward", "overlap_pipeline_sends",
    "overlap_tensor_backward", "overlap_parameter_gather", "framework", "clip_gradients", "interference",
    "memory_limit", "communication_buffers",
    "expandable_segments", "max_split_size", "collection_threshold",
  ])
  static let costs = KeySet(["model", "table"])
  static let conditions = KeySet(["slow_gpus", "stragglers", "slow_links", "failed_links", "jitter"])
  static let slowDevice = KeySet(["rank", "speed"])
  static let straggler = KeySet(["rank", "from", "until", "speed"])
  static let slowLink = KeySet(["link", "speed"])
  static let jitter = KeySet(["distribution", "deviation", "histogram"])
  static let device = KeySet([
    "kind", "name", "title", "peak", "memory_capacity", "memory_bandwidth", "multiprocessors", "kernel_overhead",
    "gemm_efficiency", "attention_efficiency", "memory_efficiency", "context_memory", "interference",
  ])
  /// How kernels and collectives of a device slow each other down.
  static let interference = KeySet(["kernel", "collective"])
  static let peak = KeySet(["fp32", "tf32", "fp16", "bf16", "fp8"])
  static let link = KeySet(["kind", "name", "bandwidth", "latency", "efficiency", "collectives"])
  /// How a collective library drives a link.
  static let linkCollectives = KeySet(["medium", "generation", "channels", "call_overhead", "in_switch"])
  static let cluster = KeySet([
    "kind", "name", "title", "device", "devices_per_node", "nodes", "topology", "intra_node", "inter_node",
    "network_cards_per_node", "host_link", "layout", "node_groups", "provenance", "base", "collectives",
  ])
  /// Consecutive nodes with the same GPU.
  static let nodeGroup = KeySet(["device", "nodes"])
  /// Measured times of collectives.
  static let collectiveTable = KeySet(["kind", "name", "published", "measured", "assumed", "series"])
  static let collectiveSeries = KeySet(["operation", "ranks", "nodes", "points"])
  static let layout = KeySet(["node", "fabric", "graph", "spreading"])
  static let layoutNode = KeySet([
    "sockets", "socket_link", "switches", "cards_on", "slot_link", "uplink", "gpu_links", "gpu_link", "domain_nodes",
    "provenance",
  ])
  static let rootPort = KeySet(["socket", "gpus", "cards", "direct"])
  static let layoutFabric = KeySet([
    "kind", "nodes_per_leaf", "spines", "oversubscription", "leaves_per_pod", "cores", "core_oversubscription",
    "nodes_per_router", "routers_per_group", "global_links_per_router", "provenance",
  ])
  static let graph = KeySet(["vertices", "links", "provenance"])
  static let graphVertex = KeySet(["name", "kind", "node"])
  static let graphLink = KeySet(["from", "to", "kind", "link", "bonded", "duplex"])
  /// A mapping that only says which cluster and how many nodes.
  static let clusterReference = KeySet(["name", "nodes"])
  static let model = KeySet(["kind", "name", "title", "config", "parameters", "active_parameters", "provenance"])
  /// A number with its evidence.
  static let evidence = KeySet(["value", "published", "measured", "assumed"])
  /// A curve with its evidence.
  static let curve = KeySet(["points", "value", "published", "measured", "assumed"])
  static let sweep = KeySet([
    "schema_version", "name", "description", "task", "scenario", "set", "axes", "simulate", "search", "best_over",
    "table", "chart",
  ])
  static let sweepAxis = KeySet(["name", "key", "values", "zip", "variants"])
  static let sweepVariant = KeySet(["name", "set"])
  static let sweepSimulate = KeySet(["network", "executor", "seed", "expand_ranks"])
  static let sweepSearch = KeySet([
    "method", "evaluator", "dimensions", "global_batches", "micro_batches", "rounds", "finalists", "network",
  ])
  static let sweepTable = KeySet(["rows", "columns"])
  static let sweepChart = KeySet(["x", "lines", "x_scale", "y_scale"])
}
