import ClusterSimulation

/// Which tasks of a trace go into a timeline: the first rows of some simulated ranks.
struct SliceSelection {
  /// Chosen rows of each simulated rank, empty for a rank left out; shape `[ranks]`.
  private(set) var rows: [Range<Int>]
  /// What was left out, for people.
  private(set) var warnings: [String] = []

  /// Chooses whole ranks, lowest first, until `limit` rows are reached.
  ///
  /// - Parameters:
  ///   - ranks: Global ranks, `nil` for all that were simulated.
  ///   - limit: Rows in all; a first rank that alone has more is cut.
  /// - Throws: ``ExportError/ranksNotSimulated(_:simulated:)``.
  init(_ map: RankMap, ranks: [Int]?, limit: Int) throws(ExportError) {
    let unknown = (ranks ?? []).filter { !map.globalRanks.contains($0) }
    guard unknown.isEmpty else { throw .ranksNotSimulated(unknown, simulated: map.globalRanks) }
    rows = map.globalRanks.indices.map { map.firstRows[$0]..<map.firstRows[$0] }
    var left = limit
    var (kept, wanted, missing) = (0, 0, 0)
    for index in map.globalRanks.indices where ranks?.contains(map.globalRanks[index]) ?? true {
      let all = map.firstRows[index]..<map.firstRows[index + 1]
      wanted += 1
      guard all.count <= left || kept == 0 else {
        missing += all.count
        left = 0
        continue
      }
      rows[index] = all.prefix(left)
      missing += all.count - rows[index].count
      left -= rows[index].count
      kept += 1
    }
    guard missing > 0 else { return }
    warnings.append(
      "timeline: limited to \(limit) slices: shows \(kept) of \(wanted) ranks and leaves out \(missing) slices; "
        + "choose ranks or raise the limit")
  }

  /// Whether a row is in the timeline. O(log ranks).
  func contains(row: Int) -> Bool {
    var (rank, end) = (0, rows.count)
    while end - rank > 1 {
      let middle = (rank + end) / 2
      if rows[middle].lowerBound <= row { rank = middle } else { end = middle }
    }
    return rows.isEmpty ? false : rows[rank].contains(row)
  }
}
