import ClusterSimulation
import Costing
import HDF5IO
import Quantities

/// `/summary`: one number each for the whole iteration; and `/out_of_memory`, where something does not fit.
struct TraceFileTotals {
  let result: SimulationResult
  let description: TraceDescription

  /// Writes everything.
  func write(into root: borrowing HDF5Group, _ scales: inout HDF5DimensionScales) throws(HDF5Error) {
    let group = try root.createGroup("summary")
    try writeTimes(into: group)
    try writeCounts(into: group)
    let verdict = try root.enumeration("/types/verdict")
    let dataset = try group.writeScalar("verdict", result.fits ? 0 : 1, of: verdict)
    try DatasetNote("whether every rank has enough memory").write(to: dataset)
    for scalar in description.scalars {
      let words = scalar.name.split(separator: "_").joined(separator: " ")
      try group.write(scalar.name, scalar.value, DatasetNote(words, units: scalar.units))
    }
    if let failure = result.outOfMemory { try write(failure, into: root.createGroup("out_of_memory"), &scales) }
  }

  private func writeTimes(into group: borrowing HDF5Group) throws(HDF5Error) {
    let seconds = result.iterationTime.seconds.value
    let missing = Double.nan
    try group.write("iteration_time", result.iterationTime.nanoseconds, DatasetNote("iteration time", units: "ns"))
    try group.write("iteration_time_s", seconds, DatasetNote("iteration time", units: "s"))
    try group.write("tokens_per_iteration", result.tokensPerIteration, DatasetNote("tokens of one iteration"))
    try group.write(
      "samples_per_second", result.fits ? result.samplesPerSecond : missing,
      DatasetNote("sequences per second of all ranks", units: "s-1", comment: "not a number when it does not fit"))
    try group.write(
      "tokens_per_second", result.fits ? result.tokensPerSecond : missing,
      DatasetNote("tokens per second of all ranks", units: "s-1", comment: "not a number when it does not fit"))
    try group.write(
      "model_flops", result.modelOperations.count,
      DatasetNote("operations of one iteration, all ranks", comment: "recompute not counted"))
    try group.write(
      "model_flops_per_second_per_rank", result.fits ? result.modelRatePerRank.operationsPerSecond : missing,
      DatasetNote("model operations per second and rank", units: "s-1", comment: "not a number when it does not fit"))
    try group.write(
      "mfu", result.fits ? result.modelUtilization : missing,
      DatasetNote("model operations as a fraction of the device's peak", comment: "not a number when it does not fit"))
  }

  private func writeCounts(into group: borrowing HDF5Group) throws(HDF5Error) {
    let map = result.trace.map
    try group.write("peak_memory", result.peakMemory.count, DatasetNote("highest memory of any rank", units: "byte"))
    try group.write(
      "memory_capacity", result.setup.memoryCapacity.count, DatasetNote("memory a rank may use", units: "byte"))
    try group.write("ranks", Int64(result.setup.cluster.deviceCount), DatasetNote("ranks of the cluster"))
    try group.write("simulated_ranks", Int64(map.rankCount), DatasetNote("ranks in this file"))
    try group.write("folded", UInt8(map.isFolded ? 1 : 0), DatasetNote("whether a rank stands for its class"))
    try group.write("events", Int64(result.trace.taskCount), DatasetNote("rows of /events"))
    try group.write("executor_steps", Int64(result.eventCount), DatasetNote("steps the executor took"))
    try group.write("executor", result.executor.rawValue, DatasetNote("executor that ran"))
    try group.write("fingerprint", result.trace.fingerprint, DatasetNote("digest of the order and times of all tasks"))
  }

  private func write(
    _ failure: OutOfMemory, into group: borrowing HDF5Group, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    // A single number must not bear the name of an axis: h5netcdf takes it for the axis itself.
    try group.write("failing_rank", Int32(failure.rank), DatasetNote("first rank that fails"))
    try group.write("failing_stage", Int32(failure.stage), DatasetNote("its pipeline stage"))
    try group.write("failing_time", failure.time.nanoseconds, DatasetNote("when", units: "ns"))
    try group.write("task", failure.task, DatasetNote("what asked"))
    try group.write("requested", failure.requested.count, DatasetNote("bytes asked for", units: "byte"))
    try group.write(
      "held", failure.heldByCategory, along: TraceAxis.category, DatasetNote("bytes held before", units: "byte"),
      &scales)
    let layers = failure.heldByLayer
    try group.writeAxis(
      "held_layer", layers.map { Int32($0.layer) }, DatasetNote("layer", comment: "-1 = none; fullest first"), &scales)
    try group.write(
      "held_by_layer", layers.map(\.bytes), along: group.path(of: "held_layer"),
      DatasetNote("bytes held before", units: "byte"), &scales)
  }
}
