import Costing
import Hardware
import Parallelism
import Quantities
import Workload

/// A scenario with every reference replaced by what it stands for, as JSON in a fixed order.
struct ResolvedScenario {
  let name: String
  let description: String
  let model: ModelDescription
  let cluster: Cluster
  let job: TrainingJob
  let plan: ParallelPlan
  let options: ExecutionOptions
  let conditions: Conditions
  let kernelCosts: KernelCosts

  var json: JSONValue {
    .object(baseFields + [costsField] + (conditions.isUniform ? [] : [JSONField("conditions", conditionsJSON)]))
  }

  private var baseFields: [JSONField] {
    guard case .object(let fields) = baseJSON else { return [] }
    return fields
  }

  /// The cost model and the tables it uses.
  private var costsField: JSONField {
    let tables = kernelCosts.models.map { model -> JSONValue in
      [
        "name": .text(model.table.name), "provenance": .text(model.table.origin.rawValue),
        "date": .text(model.table.date), "rows": .integer(model.table.rows.count),
      ]
    }
    return JSONField("costs", ["model": .text(kernelCosts.choice.rawValue), "tables": .list(tables)])
  }

  private var conditionsJSON: JSONValue {
    let slow = conditions.slowDevices.map { ["rank": .integer($0.rank), "speed": .number($0.speed)] as JSONValue }
    let stragglers = conditions.stragglers.map { straggler -> JSONValue in
      [
        "rank": .integer(straggler.rank), "from": .text("\(straggler.from.nanoseconds)ns"),
        "until": .text("\(straggler.until.nanoseconds)ns"), "speed": .number(straggler.speed),
      ]
    }
    let slowLinks = conditions.slowLinks.map { ["link": .text($0.name), "speed": .number($0.speed)] as JSONValue }
    let failed = conditions.failedLinks.map { JSONValue.text($0) }
    return .object(
      (slow.isEmpty ? [] : [JSONField("slow_gpus", .list(slow))])
        + (stragglers.isEmpty ? [] : [JSONField("stragglers", .list(stragglers))])
        + (slowLinks.isEmpty ? [] : [JSONField("slow_links", .list(slowLinks))])
        + (failed.isEmpty ? [] : [JSONField("failed_links", .list(failed))])
        + (conditions.jitter.map { [JSONField("jitter", Self.json($0))] } ?? []))
  }

  private static func json(_ jitter: Jitter) -> JSONValue {
    switch jitter {
    case .normal(let deviation): ["distribution": "normal", "deviation": .number(deviation)]
    case .lognormal(let deviation): ["distribution": "lognormal", "deviation": .number(deviation)]
    case .histogram(let bins):
      ["histogram": .list(bins.map { .list([.number($0.factor), .number($0.weight)]) })]
    }
  }

  private var baseJSON: JSONValue {
    [
      "schema_version": 1, "name": .text(name), "description": .text(description), "model": modelJSON,
      "cluster": clusterJSON, "job": jobJSON, "plan": .text(plan.text), "options": optionsJSON,
    ]
  }

  private var modelJSON: JSONValue {
    let keys = model.configuration.keys.sorted()
    let fields = keys.compactMap { key in model.configuration[key].map { JSONField(key, Self.json($0)) } }
    return ["name": .text(model.name), "config": .object(fields)]
  }

  private static func json(_ value: ConfigurationValue) -> JSONValue {
    switch value {
    case .null: .null
    case .boolean(let flag): .boolean(flag)
    case .integer(let number): .integer(number)
    case .number(let number): .number(number)
    case .text(let text): .text(text)
    case .list(let items): .list(items.map(json))
    }
  }

  private var clusterJSON: JSONValue {
    let fields: [JSONField] =
      switch plainClusterJSON {
      case .object(let fields): fields
      default: []
      }
    let table = cluster.measuredCollectives.map { [JSONField("collectives", CollectiveTableFile.json($0))] }
    let layout = JSONField("layout", ResolvedLayout.json(cluster, link: Self.json))
    return .object(fields + [layout] + (table ?? []))
  }

  private var plainClusterJSON: JSONValue {
    [
      "name": .text(cluster.name), "device": Self.json(cluster.device),
      "devices_per_node": .integer(cluster.devicesPerNode),
      "nodes": .integer(cluster.nodes), "topology": .text(cluster.topology.rawValue),
      "intra_node": Self.json(cluster.intraNode), "inter_node": cluster.interNode.map(Self.json) ?? .null,
      "network_cards_per_node": .integer(cluster.networkCardsPerNode), "host_link": Self.json(cluster.hostLink),
      "node_groups": .list(
        cluster.nodeGroups.map { ["device": Self.json($0.device), "nodes": .integer($0.nodes)] }),
    ]
  }

  private static func json(_ device: DeviceSpec) -> JSONValue {
    let interference = device.interference.map {
      ["kernel": .number($0.kernel), "collective": .number($0.collective)] as JSONValue
    }
    let peaks = NumberFormat.allCases.compactMap { format in
      device.peak[format].map { JSONField(format.rawValue, .text(QuantityText.text($0))) }
    }
    return [
      "name": .text(device.name), "peak": .object(peaks),
      "memory_capacity": .text(QuantityText.text(device.memoryCapacity)),
      "memory_bandwidth": .text(QuantityText.text(device.memoryBandwidth)),
      "multiprocessors": .integer(device.multiprocessors),
      "kernel_overhead": .text(QuantityText.text(device.kernelOverhead)),
      "gemm_efficiency": json(device.gemmEfficiency),
      "attention_efficiency": Self.json(device.attentionEfficiency),
      "memory_efficiency": Self.json(device.memoryEfficiency),
      "context_memory": .text(QuantityText.text(device.contextMemory)),
      "interference": interference ?? .null,
    ]
  }

  private static func json(_ link: LinkSpec) -> JSONValue {
    let fields: [JSONField] = [
      JSONField("name", .text(link.name)), JSONField("bandwidth", .text(QuantityText.text(link.bandwidth))),
      JSONField("latency", .text(QuantityText.text(link.latency))), JSONField("efficiency", json(link.efficiency)),
    ]
    return .object(fields + (link.collectives.map { [JSONField("collectives", json($0))] } ?? []))
  }

  private static func json(_ traits: CollectiveTraits) -> JSONValue {
    var fields = [JSONField("medium", .text(traits.medium.rawValue))]
    if let driver = traits.driver {
      fields += [
        JSONField("generation", .text(driver.generation.rawValue)), JSONField("channels", .integer(driver.channels)),
        JSONField("call_overhead", .text(QuantityText.text(driver.callOverhead))),
      ]
    }
    if let curve = traits.inSwitch { fields.append(JSONField("in_switch", json(curve))) }
    return .object(fields)
  }

  private static func json(_ curve: EfficiencyCurve) -> JSONValue {
    .list(curve.points.map { [.number($0.size), .number($0.fraction)] })
  }

  private var jobJSON: JSONValue {
    [
      "global_batch": .integer(job.globalBatch), "sequence_length": .integer(job.sequenceLength),
      "precision": .text(job.format.rawValue), "gradient_precision": .text(job.gradientFormat.rawValue),
      "optimizer": .text(job.optimizer.rawValue),
    ]
  }

  /// The options; what is new and at its default is left out.
  private var optionsJSON: JSONValue {
    guard case .object(let fields) = plainOptionsJSON else { return plainOptionsJSON }
    var extra: [JSONField] = []
    if options.overlapParameterGather { extra.append(JSONField("overlap_parameter_gather", true)) }
    if options.framework != .none { extra.append(JSONField("framework", .text(options.framework.name))) }
    return .object(fields + extra)
  }

  private var plainOptionsJSON: JSONValue {
    [
      "attention": .text(options.attention.rawValue), "dropout": .boolean(options.dropout),
      "gradient_bucket": .text(QuantityText.text(options.gradientBucket)),
      "overlap_gradient_reduction": .boolean(options.overlapGradientReduction),
      "pending_reductions": .integer(options.pendingReductions),
      "gradient_reduction": .text(options.gradientReduction.rawValue),
      "prefetch_layers": .integer(options.prefetchLayers),
      "reshard_after_forward": .boolean(options.reshardAfterForward),
      "overlap_pipeline_sends": .boolean(options.overlapPipelineSends),
      "overlap_tensor_backward": .boolean(options.overlapTensorBackward),
      "clip_gradients": .boolean(options.clipsGradients), "interference": .boolean(options.modelsInterference),
      "memory_limit": options.memoryLimit.map { .text(QuantityText.text($0)) } ?? .null,
      "communication_buffers": .text(QuantityText.text(options.communicationBuffers)),
      "expandable_segments": .boolean(options.allocator.usesExpandableSegments),
      "max_split_size": options.allocator.maximumSplitSize.map { .text(QuantityText.text(Bytes($0))) } ?? .null,
      "collection_threshold": options.allocator.collectionThreshold.map { .number($0) } ?? .null,
    ]
  }
}
