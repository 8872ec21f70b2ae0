import ClusterSimulation
import Costing
import HDF5IO
import Quantities
import Workload

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A trace file in memory, as a source of timelines.
///
/// Loading checks everything that timelines rely on: a value is consistent, whatever was done to the file. It takes about
/// 80 bytes of memory per task.
public struct TraceFile: TimelineSource {
  /// Everything but tasks and memory.
  public let overview: TimelineOverview
  private let tasks: TraceFileTasks
  private let ledgers: [MemoryTimeline]

  /// Reads a file.
  ///
  /// - Throws: ``TraceFileError``.
  public static func load(path: String) throws(TraceFileError) -> TraceFile {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .missing(path: path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notATrace(path: path, reason: "it is no ordinary file") }
    let file: HDF5File
    do throws(HDF5Error) {
      file = try HDF5File.open(path)
    } catch {
      throw .notATrace(path: path, reason: error.reason)
    }
    try checkLayout(file.root, path: path)
    do throws(HDF5Error) {
      return try TraceFile(file.root)
    } catch {
      throw .damaged(path: path, reason: "cannot \(error.operation): \(error.reason)")
    }
  }

  private static func checkLayout(_ root: borrowing HDF5Group, path: String) throws(TraceFileError) {
    let names: [HDF5Attribute?]
    do throws(HDF5Error) {
      names = [try root.attribute("Conventions"), try root.attribute("schema_version")]
    } catch {
      throw .notATrace(path: path, reason: error.reason)
    }
    guard case .text(let conventions) = names[0], conventions.hasPrefix("galvasim-Result-") else {
      throw .notATrace(path: path, reason: "its attribute Conventions is not galvasim-Result-1.0")
    }
    guard case .text(let version) = names[1] else { throw .notATrace(path: path, reason: "it names no schema_version") }
    let parts = version.split(separator: ".").map { Int($0) }
    guard conventions == "galvasim-Result-1.0", parts.count == 3, parts[0] == 1, let minor = parts[1], minor >= 2 else {
      throw .otherVersion(path: path, found: version)
    }
  }

  private init(_ root: borrowing HDF5Group) throws(HDF5Error) {
    overview = try TraceFileOverviewReader(location: root.location).read(root)
    tasks = try TraceFileTasks(root, overview: overview)
    ledgers = try TraceFileLedgers.read(root, overview: overview)
  }

  /// Visits the tasks of a rank in program order.
  public func forEachBatch(
    ofRank place: Int, _ body: (borrowing [TimelineTask]) throws(ExportError) -> Void
  ) throws(ExportError) {
    let rows = overview.ranks[place].rows
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: SimulatedTimeline.batchTasks) {
      try body((first..<min(first + SimulatedTimeline.batchTasks, rows.upperBound)).map { tasks.task($0) })
    }
  }

  /// The memory ledger of a rank.
  public func memory(ofRank place: Int) -> MemoryTimeline { ledgers[place] }

  /// When the task of a row ran.
  public func span(ofRow row: Int) -> TimelineSpan {
    TimelineSpan(start: tasks.starts[row], end: tasks.starts[row] + tasks.durations[row])
  }
}
