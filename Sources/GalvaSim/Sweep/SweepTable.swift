import Export
import ScenarioIO

extension SweepRun {
  /// The finished points as a table: a column for each axis, then the results.
  public var table: DataTable {
    let points = finished
    let axes = spec.axes.enumerated().map { place, axis in
      let labels = points.map { axis.values[spec.coordinates(of: $0)[place]].label }
      return DataTable.Column(axis.name, axis.values(of: labels), longName: axis.key ?? axis.name)
    }
    return DataTable(columns: axes + DataTable.columns(points.compactMap { results[$0] }))
  }

  /// The table with the place of each point before it, as comma-separated text.
  public var commaSeparatedText: String {
    let place = DataTable.Column("point", .integers(finished.map { Int64($0) }), longName: "place in the sweep")
    return DataTable(columns: [place] + table.columns).commaSeparatedText
  }
}

extension SweepAxis {
  /// Labels as numbers where every label of the axis is one, as text otherwise.
  fileprivate func values(of labels: [String]) -> DataTable.Values {
    if self.labels.allSatisfy({ Int64($0) != nil }) { return .integers(labels.map { Int64($0) }) }
    if self.labels.allSatisfy({ Double($0)?.isFinite ?? false }) { return .reals(labels.map { Double($0) }) }
    return .texts(labels)
  }
}
