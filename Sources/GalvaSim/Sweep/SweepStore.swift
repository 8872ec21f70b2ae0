import Export
import ScenarioIO

/// What an earlier, interrupted run of a sweep left: its file, or its journal `FILE.h5.partial`.
///
/// The journal has one line for the sweep, then one JSON line for each finished point, in the order they finished.
struct SweepStore {
  /// The final file.
  let path: String
  private let spec: String
  private let pointCount: Int
  private let title: String

  /// Where the lines go until the file is written.
  var journalPath: String { path + ".partial" }

  init(path: String, spec: SweepSpec) {
    self.path = path
    title = spec.name
    self.spec = spec.computed.compactText
    pointCount = spec.pointCount
  }

  /// Results by point, as far as they are known.
  ///
  /// - Parameter resumes: Whether an earlier run is continued; otherwise its journal is refused, its file replaced.
  /// - Throws: ``InputError``: a journal in the way, or results of another sweep.
  func known(resumes: Bool) throws(InputError) -> [Int: PointResult] {
    let journal = LineJournal.lines(of: journalPath) ?? []
    guard resumes else {
      guard journal.count <= 1 else {
        throw failure(
          journalPath, "found \(journal.count - 1) finished points of an interrupted sweep",
          "continue it with --resume, or remove the file")
      }
      return [:]
    }
    let finished = try finishedFile()
    return try finished.merging(read(journal)) { first, _ in first }
  }

  /// The journal, with what is known already.
  ///
  /// - Throws: ``ExportError`` when it cannot be written.
  func journal(_ known: [Int: PointResult]) throws(ExportError) -> LineJournal {
    let lines = known.keys.sorted().compactMap { point in known[point].map { Self.line(point, $0) } }
    return try LineJournal(path: journalPath, lines: [header.compactText] + lines)
  }

  /// The line of a finished point.
  static func line(_ point: Int, _ result: PointResult) -> String {
    JSONValue.object([JSONField("point", .integer(point))] + result.fields).compactText
  }

  /// Writes the file.
  ///
  /// - Throws: ``ExportError``; an older file stays then.
  func write(_ points: [Int], _ table: DataTable) throws(ExportError) {
    try ResultFile(
      title: title, toolVersion: toolVersion, spec: spec, pointCount: pointCount, points: points.map { Int64($0) },
      table: table
    ).write(to: path)
  }

  private var fingerprint: String { ResultFile.fingerprint(spec: spec, toolVersion: toolVersion) }

  private var header: JSONValue {
    ["galvasim_sweep_journal": 1, "fingerprint": .text(fingerprint), "tool_version": .text(toolVersion)]
  }

  /// The points of the final file, when an earlier run got that far.
  private func finishedFile() throws(InputError) -> [Int: PointResult] {
    let file: ResultFile
    do throws(ResultFileError) {
      file = try ResultFile.read(path)
    } catch  where error.isMissing {
      return [:]
    } catch { throw failure(path, error.reason, "remove the file, or choose another with --out") }
    guard file.fingerprint == fingerprint, let results = file.table.results else { throw other(path) }
    return Dictionary(uniqueKeysWithValues: zip(file.points.map { Int($0) }, results))
  }

  /// The points of a journal; lines that say nothing of this sweep's points are left out and computed again.
  private func read(_ lines: [String]) throws(InputError) -> [Int: PointResult] {
    guard let first = lines.first else { return [:] }
    guard Self.document(first) == header else { throw other(journalPath) }
    var known: [Int: PointResult] = [:]
    for line in lines.dropFirst() {
      guard let document = Self.document(line), case .integer(let point)? = document["point"],
        point >= 0, point < pointCount, let result = PointResult(document)
      else { continue }
      known[Int(point)] = result
    }
    return known
  }

  private static func document(_ line: String) -> JSONValue? {
    (try? SourceDocument.parse(line, source: SourceFile(name: "journal", directory: nil)))?.root.json
  }

  /// The problem of results that the shard asked for does not have.
  func holds(_ point: Int) -> InputError {
    failure(
      path, "found point \(point), which is not part of this shard",
      "give every shard a file of its own with --out, and put them together with merge")
  }

  private func other(_ file: String) -> InputError {
    failure(
      file, "found results of another sweep, or of another version of galvasim",
      "remove the file, or choose another with --out")
  }

  private func failure(_ file: String, _ message: String, _ advice: String) -> InputError {
    InputError(kind: .badInput, problems: [InputProblem(file: file, message: message, advice: advice)])
  }
}
