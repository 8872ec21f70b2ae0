import ClusterSimulation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes a result in one file format: a plug point.
///
/// An implementation writes atomically (nothing appears under the name unless it is complete) and deterministically
/// (the same result and description give the same bytes).
public protocol Exporter: Sendable {
  /// Name for people and for `--format`, for example `hdf5`.
  var name: String { get }
  /// What the format is for, in one line.
  var summary: String { get }
  /// File extensions without the leading dot, lower case; the first is the usual one.
  var fileExtensions: [String] { get }

  /// Writes a file.
  ///
  /// - Parameters:
  ///   - result: What was simulated.
  ///   - description: What the file tells about itself.
  ///   - path: The final name.
  /// - Returns: What was left out, for people; empty when everything is in the file.
  /// - Throws: ``ExportError``; an older file of the name stays then.
  func write(
    _ result: SimulationResult, description: TraceDescription, to path: String
  ) throws(ExportError) -> [String]
}

/// The file formats there are.
public enum ExporterCatalog {
  /// Every exporter with its usual parameters, in the order in which lists show them.
  public static let all: [any Exporter] =
    [HDF5TraceExporter()] + timelineExporters().filter { !$0.fileExtensions.isEmpty }

  /// Exporters that need no more than a source of timelines; those without extensions write a folder of files.
  ///
  /// - Parameter choice: What to show; `nil` for the usual choice of each format.
  public static func timelineExporters(_ choice: TimelineChoice? = nil) -> [any TimelineExporter] {
    guard let choice else {
      return [
        PerfettoExporter(), ChromeTimelineExporter(), CSVExporter(), TorchSnapshotExporter(), KinetoExporter(),
        HTAMemoryExporter(),
      ]
    }
    return [
      PerfettoExporter(choice), ChromeTimelineExporter(choice), CSVExporter(choice), TorchSnapshotExporter(choice),
      KinetoExporter(choice), HTAMemoryExporter(choice),
    ]
  }

  /// The exporter for a timeline: a folder for a path that ends in a slash or is one, else by extension.
  ///
  /// - Parameters:
  ///   - path: What the user asked for.
  ///   - choice: What to show; `nil` for the usual choice of the format.
  /// - Throws: ``ExportError`` as ``exporter(forPath:)``, also when a choice is made for a format that has none.
  public static func timelineExporter(
    forPath path: String, choice: TimelineChoice? = nil
  ) throws(ExportError) -> any Exporter {
    let found = isFolder(path) ? KinetoExporter() : try exporter(forPath: path)
    guard let choice else { return found }
    guard let chosen = timelineExporters(choice).first(where: { $0.name == found.name }) else {
      throw .notATimeline(path: path)
    }
    return chosen
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return path.hasSuffix("/") || (stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR)
  }

  /// The exporter for a file, by its extension.
  ///
  /// - Throws: ``ExportError/unknownFormat(path:known:)`` with the extensions there are, or
  ///   ``ExportError/compressed(path:)`` for a format with `.gz` behind it that is never compressed.
  public static func exporter(forPath path: String) throws(ExportError) -> any Exporter {
    if let found = match(path) { return found }
    if path.lowercased().hasSuffix(".gz"), match(String(path.dropLast(3))) != nil { throw .compressed(path: path) }
    throw .unknownFormat(path: path, known: all.flatMap(\.fileExtensions))
  }

  /// The exporter of a name; `nil` when there is none.
  public static func exporter(named name: String) -> (any Exporter)? { all.first { $0.name == name } }

  private static func match(_ path: String) -> (any Exporter)? {
    let file = path.lowercased()
    return all.first { exporter in exporter.fileExtensions.contains { file.hasSuffix("." + $0) } }
  }
}
