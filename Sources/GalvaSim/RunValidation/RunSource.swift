/// What a table's rows are grouped by in summaries: the file where one publication fills at least half of it, else the
/// publication.
enum RunSource {
  /// The groups of a file's rows, in order.
  static func groups(_ runs: [MeasuredRun], path: String) -> [String] {
    let publications = runs.map { publication($0.text("source")) }
    var counts: [String: Int] = [:]
    for publication in publications { counts[publication, default: 0] += 1 }
    let stem = stem(path)
    guard 2 * (counts.values.max() ?? 0) >= runs.count, !stem.isEmpty else { return publications }
    return Array(repeating: stem, count: runs.count)
  }

  /// The name of a file without folder, ending and a leading `e2e_`.
  static func stem(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let stem = name.hasSuffix(".csv") ? String(name.dropLast(4)) : name
    return stem.hasPrefix("e2e_") ? String(stem.dropFirst(4)) : stem
  }

  /// The repository, or what stands before the first place inside the publication.
  static func publication(_ source: String) -> String {
    if source.hasPrefix("github:") {
      return String(source.dropFirst(7).prefix { $0 != " " })
    }
    let end = source.firstIndex { "(,;\"".contains($0) } ?? source.endIndex
    let name = source[..<end].split(separator: " ").prefix { $0 != "Table" && $0 != "section" }.joined(separator: " ")
    return name.isEmpty ? "unknown" : name
  }
}
