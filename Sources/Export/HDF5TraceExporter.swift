import ClusterSimulation
import HDF5IO

/// The whole result as HDF5, laid out so that h5py, xarray, netCDF tools, R, Julia and MATLAB read it as it is.
///
/// The layout is described in `docs/hdf5.md`. The same result and description give the same bytes. Beyond the trace,
/// memory is needed for batches of 65 536 rows, the changes of one rank and curves of at most 2^19 points each.
public struct HDF5TraceExporter: Exporter {
  /// Effort of gzip, 0 (none) to 9.
  public let gzipLevel: Int

  /// Name for people.
  public let name = "hdf5"
  /// What the format is for.
  public let summary = "everything: tasks, memory, summaries, inputs (h5py, xarray, R, Julia, MATLAB)"
  /// Extensions.
  public let fileExtensions = ["h5", "hdf5"]

  /// Chooses the compression.
  ///
  /// - Parameter gzipLevel: 1 writes a million tasks in about a second; 4 is about a twentieth smaller and takes half as
  ///   long again.
  /// - Precondition: `gzipLevel` in `0...9`.
  public init(gzipLevel: Int = 1) {
    precondition((0...9).contains(gzipLevel), "gzip knows levels 0 to 9")
    self.gzipLevel = gzipLevel
  }

  /// Writes a file.
  ///
  /// - Parameters:
  ///   - result: What was simulated.
  ///   - description: What the file tells about itself.
  ///   - path: The final name.
  /// - Returns: Nothing is ever left out: empty.
  /// - Throws: ``ExportError``; an older file of the name stays then.
  @discardableResult
  public func write(
    _ result: SimulationResult, description: TraceDescription, to path: String
  ) throws(ExportError) -> [String] {
    try AtomicFile.writeHDF5(to: path) { file throws(HDF5Error) in
      try fill(file.root, result, description)
    }
    return []
  }

  private func fill(
    _ root: borrowing HDF5Group, _ result: SimulationResult, _ description: TraceDescription
  ) throws(HDF5Error) {
    let storage = HDF5Storage(chunkRows: TraceFileEvents.batchRows, gzipLevel: gzipLevel)
    var scales = HDF5DimensionScales()
    try TraceFileTop.write(result, description, into: root, &scales)
    try TraceFileTotals(result: result, description: description).write(into: root, &scales)
    let busy = try TraceFileEvents.write(result, into: root, storage: storage, &scales)
    var memory = TraceFileMemory(iteration: result.iterationTime.nanoseconds, ranks: result.trace.map.rankCount)
    try memory.writeChanges(result.trace, into: root, storage: storage, &scales)
    try memory.writeCurves(result, into: root, storage: storage, &scales)
    let summary = TraceFileSummary(result: result, peaks: memory.peaks, busy: busy)
    try summary.writeRanks(into: root, &scales)
    try summary.writeStages(into: root, &scales)
    try summary.writeLayers(into: root, &scales)
    if let network = result.network {
      try TraceFileNetwork.write(network, into: root, storage: storage, &scales)
    }
    try TraceFileConditions.write(result.setup.conditions.timelineFaults, into: root, &scales)
    try TraceFileInputs.write(result, description, into: root, &scales)
    try scales.write(into: root)
  }
}
