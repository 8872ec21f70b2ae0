import ClusterSimulation
import Costing
import HDF5IO
import Workload

/// The top of a result file: attributes, types and shared axes.
enum TraceFileTop {
  /// Version of the layout; the first number changes when a reader must.
  static let schemaVersion = "1.2.0"
  /// Names of the verdicts, in the order of their numbers.
  static let verdicts = ["fits", "out_of_memory"]
  /// What the duration of a kernel rests on, in the order of their numbers; the last is for tasks that are no kernels.
  static let costBases = KernelBasis.allCases.map(\.name) + ["none"]

  /// Writes everything.
  static func write(
    _ result: SimulationResult, _ description: TraceDescription, into root: borrowing HDF5Group,
    _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    try writeAttributes(description, into: root)
    try writeTypes(into: root)
    try writeAxes(result, into: root, &scales)
  }

  private static func writeAttributes(
    _ description: TraceDescription, into root: borrowing HDF5Group
  ) throws(HDF5Error) {
    let texts = [
      ("Conventions", "galvasim-Result-1.0"), ("schema_version", schemaVersion), ("title", description.scenarioName),
      ("source", "galvasim " + description.toolVersion), ("command", description.command),
      ("input_sha256", SHA256.hexadecimal(of: description.resolvedInput)), ("NX_class", "NXroot"),
      ("default", "memory"),
    ]
    for (name, text) in texts { try root.setAttribute(name, .text(text)) }
    try root.setAttribute("seed", .integer(description.seed))
  }

  private static func writeTypes(into root: borrowing HDF5Group) throws(HDF5Error) {
    let types = try root.createGroup("types")
    let enumerations = [
      ("event_kind", TaskKind.allCases.map(\.name)), ("stream_kind", StreamKind.allCases.map(\.name)),
      ("memory_category", MemoryCategory.allCases.map(\.name)), ("verdict", verdicts), ("cost_basis", costBases),
      ("collective_kind", CollectiveKind.fileNames),
    ]
    for (name, names) in enumerations { _ = try types.createEnumeration(name, names: names).labels }
  }

  private static func writeAxes(
    _ result: SimulationResult, into root: borrowing HDF5Group, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let comment =
      result.trace.map.isFolded ? "one representative per class of ranks that behave alike; see rank_summary" : nil
    try root.writeAxis(
      "rank", result.trace.map.globalRanks.map { Int32($0) }, DatasetNote("simulated rank", comment: comment), &scales)
    try root.writeAxis("stage", result.stages.map { Int32($0.stage) }, DatasetNote("pipeline stage"), &scales)
    try root.writeAxis(
      "layer", (0..<Int32(result.setup.model.blocks.count + 2)).map { $0 },
      DatasetNote("layer of the model", comment: "0 is the embedding, then the blocks, last the head"), &scales)
    try root.writeAxis(
      "memory_category", MemoryCategory.allCases.map(\.name), DatasetNote("what memory is used for"), &scales)
    try root.writeAxis("stream", StreamKind.allCases.map(\.name), DatasetNote("in-order queue of a device"), &scales)
    try root.writeAxis(
      "communication_kind", ExposedCommunication.allCases.map(\.key), DatasetNote("kind of communication"), &scales)
  }
}
