import ClusterSimulation
import Costing
import Planning
import Quantities
import ScenarioIO

extension ScenarioRun {
  /// The document `simulate --json` prints: SI units, unit in the key, whole bytes.
  ///
  /// Times and rates are `null` when the plan does not fit: such a plan has no speed.
  public var document: JSONValue {
    let allocators = result.allocatorReports
    return .object(
      [
        JSONField("schema_version", 1), JSONField("tool_version", .text(toolVersion)),
        JSONField("scenario", .text(scenario.name)),
        JSONField("verdict", result.fits ? "fits" : "out_of_memory"),
      ] + speedFields + memoryFields(allocators) + [
        JSONField("stages", .list(zip(result.stages, allocators).map(stage))),
        JSONField("cost_model", .text(scenario.kernelCosts.choice.rawValue)),
        JSONField("kernel_tables", .list(kernelTables)),
        JSONField("kernel_time_share", .object(basisShares)),
      ] + networkFields + [
        JSONField("breakdown_s", result.fits ? .object(breakdown(result.busiest)) : .null),
        JSONField("events", .integer(result.eventCount)), JSONField("tasks", .integer(result.trace.taskCount)),
        JSONField("ranks_simulated", .integer(result.trace.map.rankCount)),
        JSONField("ranks", .integer(scenario.cluster.deviceCount)),
        JSONField("executor", .text(result.executor.rawValue)),
        JSONField("fingerprint", .text(result.trace.fingerprint)),
        JSONField("warnings", .list(warnings.map { .text($0) })),
      ])
  }

  private var kernelTables: [JSONValue] {
    scenario.kernelCosts.models.map { model in
      [
        "name": .text(model.table.name), "device": .text(model.device.name),
        "provenance": .text(model.table.origin.rawValue), "source": .text(model.table.source),
      ]
    }
  }

  /// Parts of the kernel time of the busiest rank, by what they rest on; they add up to 1.
  private var basisShares: [JSONField] {
    let shares = result.busiestBasisShares
    return KernelBasis.allCases.map { JSONField($0.name, .number(shares.share($0))) }
  }

  private var speedFields: [JSONField] {
    [
      JSONField("iteration_time_s", speed(result.iterationTime.seconds.value)),
      JSONField("samples_per_s", speed(result.samplesPerSecond)),
      JSONField("tokens_per_s", speed(result.tokensPerSecond)),
      JSONField("tokens_per_s_per_gpu", speed(result.tokensPerSecond / Double(scenario.cluster.deviceCount))),
      JSONField("model_tflops_per_gpu", speed(result.modelRatePerRank.teraflops)),
      JSONField("mfu", speed(result.modelUtilization)),
      JSONField("flops_convention", .text(Self.operationConvention)),
    ]
  }

  private func memoryFields(_ allocators: [AllocatorReport]) -> [JSONField] {
    let fullest = result.stages.map(\.memory).max { $0.bytes < $1.bytes }
    return [
      JSONField("peak_reserved_bytes", .integer(allocators.map(\.reservedPeak).max() ?? 0)),
      JSONField("peak_allocated_bytes", .integer(fullest?.allocated.count ?? 0)),
      JSONField("peak_device_bytes", .integer(fullest?.bytes.count ?? 0)),
      JSONField("capacity_bytes", .integer(result.setup.memoryCapacity.count)),
      JSONField("out_of_memory", result.outOfMemory.map(outOfMemory) ?? .null),
    ]
  }

  private func outOfMemory(_ failure: OutOfMemory) -> JSONValue {
    [
      "rank": .integer(failure.rank), "stage": .integer(failure.stage),
      "time_s": .number(failure.time.seconds.value), "task": .text(failure.task),
      "requested_bytes": .integer(failure.requested.count),
      "held_by_category": categories(failure.heldByCategory),
      "held_by_layer": .list(
        failure.heldByLayer.map { ["layer": .integer($0.layer), "bytes": .integer($0.bytes)] }),
      "fixes": .list(fixes.map(fix)),
    ]
  }

  private func fix(_ fix: MemoryFix) -> JSONValue {
    [
      "summary": .text(fix.summary), "set": .list(fix.settings.map { .text($0) }),
      "peak_bytes": .integer(fix.peakMemory.count), "iteration_time_s": .number(fix.iterationTime.seconds.value),
    ]
  }

  private func stage(_ stage: StageSummary, _ allocator: AllocatorReport) -> JSONValue {
    .object(
      [
        JSONField("stage", .integer(stage.stage)), JSONField("ranks", .integer(stage.ranks)),
        JSONField("layers", .list(stage.layers.map { .integer($0) })),
        JSONField("peak_reserved_bytes", .integer(allocator.reservedPeak)),
        JSONField("peak_allocated_bytes", .integer(stage.memory.allocated.count)),
        JSONField("fragmentation", .number(allocator.fragmentation)),
        JSONField("peak_by_category_bytes", categories(stage.memory.byCategory)),
      ] + breakdown(stage.time))
  }

  private func breakdown(_ time: TimeBreakdown) -> [JSONField] {
    let exposed = ExposedCommunication.allCases.map { JSONField($0.key, speed(time[$0].seconds.value)) }
    return [
      JSONField("compute_s", speed(time.compute.seconds.value)),
      JSONField("bubble_s", speed(time.bubble.seconds.value)),
      JSONField("exposed_communication_s", .object(exposed)),
      JSONField("optimizer_s", speed(time.optimizer.seconds.value)),
      JSONField("idle_s", speed(time.idle.seconds.value)),
    ]
  }

  private func categories(_ bytes: [Int64]) -> JSONValue {
    .object(zip(MemoryCategory.allCases, bytes).map { JSONField($0.name, .integer($1)) })
  }

  private func speed(_ value: Double) -> JSONValue { result.fits ? .number(value) : .null }
}
