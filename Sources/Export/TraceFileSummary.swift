import ClusterSimulation
import Costing
import HDF5IO
import Parallelism
import Quantities
import Workload

/// The small tables of a result file: per rank, per stage, per layer, and one number each for the whole.
struct TraceFileSummary {
  let result: SimulationResult
  /// The highest point of each simulated rank.
  let peaks: [MemoryPeak]
  /// Nanoseconds each stream of each simulated rank worked.
  let busy: [Int64]

  /// Writes `/rank_summary`.
  func writeRanks(into root: borrowing HDF5Group, _ scales: inout HDF5DimensionScales) throws(HDF5Error) {
    let (trace, cluster) = (result.trace, result.setup.cluster)
    let group = try root.createGroup("rank_summary")
    let times = (0..<trace.map.rankCount).map {
      trace.breakdown(ofSimulatedRank: $0, iteration: result.iterationTime)
    }
    let axis = TraceAxis.rank
    let stages = trace.map.programs.map { Int32(trace.programs.programs[Int($0)].stage) }
    try group.write("stage", stages, along: axis, DatasetNote("pipeline stage"), &scales)
    let nodes = trace.map.globalRanks.map { Int32(cluster.node(ofRank: $0)) }
    try group.write("node", nodes, along: axis, DatasetNote("node"), &scales)
    let represented = trace.map.representedRanks.map { Int32($0) }
    try group.write("represents", represented, along: axis, DatasetNote("ranks it stands for"), &scales)
    let rows = (0..<trace.map.rankCount).map { Int64(trace.map.firstRows[$0 + 1] - trace.map.firstRows[$0]) }
    try group.write("events", rows, along: axis, DatasetNote("rows in /events"), &scales)
    try write(times, of: axis, into: group, &scales)
    try write(peaks, of: axis, into: group, &scales)
    try group.write(
      "stream_busy", busy, rows: times.count, along: [axis, TraceAxis.stream],
      DatasetNote("time the stream worked", units: "ns"), &scales)
  }

  /// Writes `/stage_summary`.
  func writeStages(into root: borrowing HDF5Group, _ scales: inout HDF5DimensionScales) throws(HDF5Error) {
    let group = try root.createGroup("stage_summary")
    let axis = TraceAxis.stage
    let stages = result.stages
    try group.write("ranks", stages.map { Int32($0.ranks) }, along: axis, DatasetNote("ranks of the stage"), &scales)
    try group.write("layers", stages.map { Int32($0.layers.count) }, along: axis, DatasetNote("layers held"), &scales)
    try write(stages.map(\.time), of: axis, into: group, &scales)
    try write(stages.map(\.memory), of: axis, into: group, &scales)
    try group.write(
      "peak", stages.flatMap(\.memory.byCategory), rows: stages.count, along: [axis, TraceAxis.category],
      DatasetNote("memory of the fullest rank at its peak", units: "byte"), &scales)
  }

  /// Writes `/layer_summary`.
  func writeLayers(into root: borrowing HDF5Group, _ scales: inout HDF5DimensionScales) throws(HDF5Error) {
    let group = try root.createGroup("layer_summary")
    let (model, plan) = (result.setup.model, result.setup.plan)
    let layers = [model.embedding] + model.blocks + [model.head]
    var stages = Array(repeating: Int32(-1), count: layers.count)
    for stage in result.stages { for layer in stage.layers { stages[layer] = Int32(stage.stage) } }
    try group.write("stage", stages, along: TraceAxis.layer, DatasetNote("pipeline stage that holds it"), &scales)
    try group.write(
      "strategy", ([plan.embedding] + plan.layers + [plan.head]).map(\.text), along: TraceAxis.layer,
      DatasetNote("parallel strategy"), &scales)
    try group.write(
      "parameters", layers.map(\.parameterCount), along: TraceAxis.layer,
      DatasetNote("parameters before sharding", comment: "tied weights count where they are stored"), &scales)
  }

  /// Where time goes; the parts add up to the iteration.
  private func write(
    _ times: [TimeBreakdown], of axis: String, into group: borrowing HDF5Group, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let parts: [(String, String, (TimeBreakdown) -> Int64)] = [
      ("busy", "time the compute stream worked", { ($0.compute + $0.optimizer).nanoseconds }),
      ("compute", "forward, backward and recompute kernels", { $0.compute.nanoseconds }),
      ("optimizer", "weight update", { $0.optimizer.nanoseconds }),
      ("bubble", "waiting for a stage that computes", { $0.bubble.nanoseconds }),
      ("idle", "after the rank's last task", { $0.idle.nanoseconds }),
      ("exposed_total", "waiting for communication of any kind", { $0.exposedTotal.nanoseconds }),
    ]
    for (name, text, value) in parts {
      try group.write(name, times.map(value), along: axis, DatasetNote(text, units: "ns"), &scales)
    }
    try group.write(
      "exposed", times.flatMap { $0.exposed.map(\.nanoseconds) }, rows: times.count,
      along: [axis, TraceAxis.communication], DatasetNote("waiting for communication of a kind", units: "ns"), &scales)
  }

  private func write(
    _ peaks: [MemoryPeak], of axis: String, into group: borrowing HDF5Group, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    try group.write(
      "peak_memory", peaks.map(\.bytes.count), along: axis, DatasetNote("highest memory", units: "byte"), &scales)
    try group.write(
      "peak_time", peaks.map(\.time.nanoseconds), along: axis, DatasetNote("when it is reached first", units: "ns"),
      &scales)
    try group.write(
      "peak_event", peaks.map { Int64($0.row) }, along: axis,
      DatasetNote("row of /events that reaches it", comment: "-1 = resident from the start"), &scales)
    let capacity = result.setup.memoryCapacity
    try group.write(
      "oom", peaks.map { $0.bytes > capacity ? UInt8(1) : 0 }, along: axis,
      DatasetNote("whether the capacity is exceeded", comment: "1 = yes"), &scales)
  }
}
