import HDF5IO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A result file that could not be written: an input/output error, exit status 74 on the command line.
public enum ExportError: Error, Hashable, Sendable {
  /// The system or a library refused; the reason is in its words.
  case cannotWrite(path: String, reason: String)
  /// The disk, or the quota, is full.
  case diskFull(path: String)
  /// Something under this name would be replaced that is no ordinary file.
  case notAFile(path: String)
  /// A file stands where a folder should be.
  case notAFolder(path: String)
  /// A folder that would be replaced holds something else.
  case folderInUse(path: String, by: String)
  /// No exporter writes files with this extension.
  case unknownFormat(path: String, known: [String])
  /// Ranks or a window were chosen for a format that shows everything.
  case notATimeline(path: String)
  /// A known format, but compressed.
  case compressed(path: String)
  /// The trace that was to be shown is damaged.
  case unreadable(HDF5Error)
  /// Ranks were asked for that were not simulated.
  case ranksNotSimulated([Int], simulated: [Int])

  /// Tells a full disk from other refusals of the system.
  init(path: String, systemError: Int32) {
    if systemError == ENOSPC || systemError == EDQUOT {
      self = .diskFull(path: path)
    } else {
      self = .cannotWrite(path: path, reason: String(cString: strerror(systemError)))
    }
  }

  /// Translates a refusal of the HDF5 library.
  ///
  /// - Parameters:
  ///   - error: The refusal.
  ///   - path: The final name of the file, which users know, in place of the temporary one.
  public init(_ error: HDF5Error, path: String) {
    if let number = error.systemError, number == ENOSPC || number == EDQUOT {
      self = .diskFull(path: path)
    } else {
      self = .cannotWrite(path: path, reason: "\(error.operation): \(error.reason)")
    }
  }
}

extension ExportError: CustomStringConvertible {
  /// Where, what was found, what to do.
  public var description: String {
    switch self {
    case .cannotWrite(let path, let reason): "\(path): cannot be written: \(reason)"
    case .diskFull(let path): "\(path): the disk or quota is full; free some space or choose another folder"
    case .notAFile(let path): "\(path): is not an ordinary file; choose another name"
    case .notAFolder(let path): "\(path): is not a folder; choose another name"
    case .folderInUse(let path, let name):
      "\(path): holds \(name), and readers want a folder of nothing but traces; choose another name"
    case .unknownFormat(let path, let known):
      "\(path): no format has this extension; use one of " + known.map { "." + $0 }.joined(separator: ", ")
    case .notATimeline(let path):
      "\(path): this format holds everything; choose ranks and windows for timelines only"
    case .compressed(let path):
      "\(path): this format is not compressed; leave out .gz"
    case .unreadable(let error): error.description
    case .ranksNotSimulated(let ranks, let simulated):
      "ranks: \(Self.list(ranks)) not simulated; choose from \(Self.list(simulated)), or simulate every rank"
    }
  }

  /// The first few numbers of a list.
  private static func list(_ numbers: [Int]) -> String {
    let shown = numbers.prefix(16).map(\.description).joined(separator: ", ")
    return numbers.count > 16 ? shown + ", ..." : shown
  }
}
