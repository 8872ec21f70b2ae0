import HDF5IO

/// `/conditions`: what made ranks and links unlike their kind; only in files of runs with such.
enum TraceFileConditions {
  /// Writes everything.
  static func write(
    _ faults: [TimelineOverview.Fault], into root: borrowing HDF5Group, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    guard !faults.isEmpty else { return }
    let group = try root.createGroup("conditions")
    try group.writeAxis(
      "condition", (0..<Int32(faults.count)).map { $0 }, DatasetNote("number of the condition"), &scales)
    let axis = group.path(of: "condition")
    try group.write("since", faults.map(\.time), along: axis, DatasetNote("from when on", units: "ns"), &scales)
    try group.write(
      "concerned_rank", faults.map { Int32($0.rank) }, along: axis, DatasetNote("rank", comment: "-1 = a link"),
      &scales)
    try group.write("text", faults.map(\.text), along: axis, DatasetNote("what it is"), &scales)
  }
}
