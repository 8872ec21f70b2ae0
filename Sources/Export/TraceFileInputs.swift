import ClusterSimulation
import HDF5IO
import Hardware

/// What a result follows from: texts of the inputs, evidence of the numbers, warnings.
enum TraceFileInputs {
  /// Writes `/inputs` and `/provenance`.
  static func write(
    _ result: SimulationResult, _ description: TraceDescription, into root: borrowing HDF5Group,
    _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    try writeInputs(result, description, into: root.createGroup("inputs"))
    let provenance = try root.createGroup("provenance")
    try writeEvidence(result.setup.cluster, into: provenance, &scales)
    let count = Int32(description.warnings.count)
    try provenance.writeAxis("warning", (0..<count).map { $0 }, DatasetNote("number of the warning"), &scales)
    try provenance.write(
      "warnings", description.warnings, along: "/provenance/warning", DatasetNote("what to know about the result"),
      &scales)
  }

  /// The whole resolved input, each of its parts once more, and the texts the caller adds.
  private static func writeInputs(
    _ result: SimulationResult, _ description: TraceDescription, into group: borrowing HDF5Group
  ) throws(HDF5Error) {
    try group.write("scenario", description.resolvedInput, DatasetNote("resolved input, JSON"))
    try group.write("plan", result.setup.plan.text, DatasetNote("parallel plan, one line"))
    for member in JSONMembers.all(of: description.resolvedInput)
    where ["model", "cluster", "job", "options"].contains(member.key) {
      try group.write(member.key, member.value, DatasetNote("part of the resolved input, JSON"))
    }
    for input in description.inputs { try group.write(input.name, input.text, DatasetNote("input as it was read")) }
  }

  /// Where each number of the hardware comes from.
  private static func writeEvidence(
    _ cluster: Cluster, into group: borrowing HDF5Group, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    var evidence = rows(cluster.device.provenance, of: "device") + rows(cluster.intraNode.provenance, of: "intra_node")
    if let link = cluster.interNode { evidence += rows(link.provenance, of: "inter_node") }
    evidence += rows(cluster.hostLink.provenance, of: "host_link")
    let axis = group.path(of: "parameter")
    try group.writeAxis("parameter", evidence.map(\.name), DatasetNote("number of the catalogue"), &scales)
    try group.write(
      "kind", evidence.map(\.provenance.kind.rawValue), along: axis, DatasetNote("kind of evidence"), &scales)
    try group.write(
      "source", evidence.map(\.provenance.source), along: axis,
      DatasetNote("citation, measurement or reason"), &scales)
  }

  private static func rows(
    _ provenance: [String: Provenance], of part: String
  ) -> [(name: String, provenance: Provenance)] {
    provenance.sorted { $0.key < $1.key }.map { ("\(part).\($0.key)", $0.value) }
  }
}
