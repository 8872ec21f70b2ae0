import HDF5IO

/// A trace file that cannot be shown.
public enum TraceFileError: Error, Hashable, Sendable {
  /// There is no such file.
  case missing(path: String)
  /// Not HDF5, or of another program; what was found.
  case notATrace(path: String, reason: String)
  /// Written in a layout this version does not read.
  case otherVersion(path: String, found: String)
  /// Parts are missing or contradict each other.
  case damaged(path: String, reason: String)

  /// Exit status on the command line: 66 for a missing file, else 65.
  public var exitStatus: Int { if case .missing = self { 66 } else { 65 } }
}

extension TraceFileError: CustomStringConvertible {
  /// Where, what was found, what to do.
  public var description: String {
    switch self {
    case .missing(let path): "\(path): no such file; check the path"
    case .notATrace(let path, let reason):
      "\(path): is no trace of galvasim: \(reason); expected a file of `galvasim simulate --trace FILE.h5`"
    case .otherVersion(let path, let found):
      "\(path): has layout \(found), this version reads \(TraceFileTop.schemaVersion); simulate it again"
    case .damaged(let path, let reason):
      "\(path): is damaged: \(reason); copy it again, or simulate it again"
    }
  }
}
