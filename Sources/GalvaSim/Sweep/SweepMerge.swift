import Export
import ScenarioIO

/// Files of a sweep's shards, put together.
public struct SweepMerge: Sendable {
  private let file: ResultFile
  private let paths: [String]

  /// Reads and joins files.
  ///
  /// - Precondition: At least one path.
  /// - Throws: ``InputError``: a file is missing, is no sweep, or belongs to another sweep.
  public init(paths: [String]) throws(InputError) {
    var files: [ResultFile] = []
    for path in paths { files.append(try Self.read(path)) }
    self.paths = paths
    do throws(ResultFile.MergeError) {
      file = try ResultFile.merged(files)
    } catch {
      switch error {
      case .otherSweep(let index):
        throw Self.failure(
          paths[index], "found another sweep, or another version of galvasim, than in \(paths[0])",
          "merge files of one sweep only")
      case .contradiction(let index, let point):
        throw Self.failure(
          paths[index], "found another result for point \(point) than in an earlier file", "run that shard again")
      }
    }
  }

  /// Writes the joined file.
  ///
  /// - Throws: ``ExportError``; an older file of the name stays then.
  public func write(to path: String) throws(ExportError) { try file.write(to: path) }

  /// What was joined, in a line.
  public var text: String {
    "\(file.title): \(file.points.count) of \(file.pointCount) points from \(paths.count) files\n"
  }

  /// What was joined.
  public var document: JSONValue {
    [
      "schema_version": 1, "tool_version": .text(toolVersion), "sweep": .text(file.title),
      "files": .list(paths.map { .text($0) }),
      "counts": ["points": .integer(file.pointCount), "finished": .integer(file.points.count)],
    ]
  }

  private static func read(_ path: String) throws(InputError) -> ResultFile {
    do throws(ResultFileError) { return try ResultFile.read(path) } catch {
      if error.isMissing { throw failure(path, "no such file", "check the path", kind: .missing) }
      throw failure(path, error.reason, "expected a file that galvasim sweep --out wrote")
    }
  }

  private static func failure(
    _ path: String, _ message: String, _ advice: String, kind: InputError.Kind = .badInput
  ) -> InputError {
    InputError(kind: kind, problems: [InputProblem(file: path, message: message, advice: advice)])
  }
}
