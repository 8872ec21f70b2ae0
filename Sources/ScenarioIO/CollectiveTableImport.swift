import Foundation
import Hardware
import Quantities

/// Builds a table of measured collectives from the output of nccl-tests: text or `-J` JSON, one file for each run.
public enum CollectiveTableImport {
  /// What was read and how.
  public struct Reading: Hashable, Sendable {
    /// The measured times.
    public let table: CollectiveTable
    /// What was used and what was left out, one line each.
    public let notes: [String]
  }

  /// Reads files and the files of folders (`.txt`, `.log`, `.out`, `.json`, by name).
  ///
  /// Out-of-place times count, in-place ones where they are missing; of a size measured several times by the same
  /// operation and group, the least.
  ///
  /// - Parameters:
  ///   - paths: At least one file or folder.
  ///   - operation: The operation of files that do not say it.
  ///   - name: The name of the table.
  /// - Throws: ``InputError`` with every problem, by file and line.
  public static func load(
    paths: [String], operation: CollectiveTable.Operation?, name: String
  ) throws(InputError) -> Reading {
    var files: [String] = []
    for path in paths { files += try expanded(path) }
    var runs: [BandwidthTestRun] = []
    var problems: [InputProblem] = []
    for file in files {
      do throws(InputError) {
        runs.append(try run(text: FileText.load(path: file), path: file, operation: operation))
      } catch {
        if error.kind == .missing { throw error }
        problems += error.problems
      }
    }
    guard problems.isEmpty else { throw InputError(kind: .badInput, problems: problems) }
    return reading(runs, name: name)
  }

  /// The files a path stands for.
  private static func expanded(_ path: String) throws(InputError) -> [String] {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard exists, isFolder.boolValue else { return [path] }
    let endings = [".txt", ".log", ".out", ".json"]
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    let files = names.filter { name in endings.contains { name.lowercased().hasSuffix($0) } }
    guard !files.isEmpty else {
      let problem = InputProblem(
        file: path, message: "found no file of nccl-tests", advice: "expected \(ProblemLog.list(endings)) files")
      throw InputError(kind: .badInput, problems: [problem])
    }
    return files.map { (path as NSString).appendingPathComponent($0) }
  }

  private static func run(
    text: String, path: String, operation: CollectiveTable.Operation?
  ) throws(InputError) -> BandwidthTestRun {
    let isDocument = text.first { !$0.isWhitespace } == "{"
    var run =
      isDocument ? try BandwidthTestDocument.read(text, path: path) : try BandwidthTestText.read(text, path: path)
    run.operation = run.operation ?? operation
    func refuse(_ message: String, _ advice: String) -> InputError {
      InputError(kind: .badInput, problems: [InputProblem(file: path, message: message, advice: advice)])
    }
    guard run.operation != nil else {
      throw refuse("found no line that names the collective", "say which it was with --operation")
    }
    guard run.hostOfRank.count > 1 else {
      throw refuse("found \(run.hostOfRank.count) ranks", "expected the device lines of at least two ranks")
    }
    guard !run.points.isEmpty else { throw refuse("found no measured size", "expected lines of sizes and times") }
    return run
  }

  private static func reading(_ runs: [BandwidthTestRun], name: String) -> Reading {
    var groups: [(key: BandwidthTestRun.Group, best: [Int64: Seconds])] = []
    for run in runs {
      guard let group = run.group else { continue }
      let index = groups.firstIndex { $0.key == group } ?? groups.count
      if index == groups.count { groups.append((group, [:])) }
      for point in run.points {
        let known = groups[index].best[point.payload.count]
        groups[index].best[point.payload.count] = known.map { min($0, point.time) } ?? point.time
      }
    }
    let series = groups.compactMap { group in
      CollectiveTable.Series(
        operation: group.key.operation, ranks: group.key.ranks, nodes: group.key.nodes,
        points: group.best.sorted { $0.key < $1.key }.map { .init(payload: Bytes($0.key), time: $0.value) })
    }
    let versions = unique(runs.compactMap(\.version)).joined(separator: ", ")
    let devices = unique(runs.compactMap(\.device)).joined(separator: ", ")
    let source =
      "nccl-tests" + (versions.isEmpty ? "" : " with \(versions)") + (devices.isEmpty ? "" : " on \(devices)") + ": "
      + runs.map(\.file).joined(separator: ", ")
    let table = CollectiveTable(name: name, series: series, provenance: Provenance(.measured, source))
    return Reading(table: table, notes: runs.flatMap(\.notes))
  }

  private static func unique(_ texts: [String]) -> [String] {
    texts.reduce(into: []) { kept, text in if !kept.contains(text) { kept.append(text) } }
  }
}
