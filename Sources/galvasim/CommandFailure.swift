import ArgumentParser
import GalvaSim

/// A failure with the exit status the contract gives it and the text people see.
struct CommandFailure: Error {
  /// The process exit status.
  let status: Int32
  /// One line per problem, without a prefix.
  let lines: [String]

  /// A failure with its own text.
  init(status: Int32, _ lines: [String]) {
    self.status = status
    self.lines = lines
  }

  /// Any failure of the library; what is not known is internal.
  init(_ error: any Error) {
    switch error {
    case let error as CommandFailure: self = error
    case let error as InputError: self.init(status: Int32(error.exitStatus), error.problems.map(\.description))
    case let error as SimulationError:
      if case .deadlock = error { self.init(status: 11, ["\(error)"]) } else { self.init(status: 65, ["\(error)"]) }
    case let error as TraceFileError: self.init(status: Int32(error.exitStatus), ["\(error)"])
    case let error as ExportError: self.init(status: Self.status(of: error), ["\(error)"])
    default: self.init(status: 70, ["internal error: \(error)"])
    }
  }

  private static func status(of error: ExportError) -> Int32 {
    switch error {
    case .ranksNotSimulated, .notATimeline, .unknownFormat, .compressed: 64
    case .unreadable: 65
    default: 74
    }
  }

  /// Prints the text to standard error.
  func report() {
    for line in lines { StandardError.write("error: \(line)") }
  }

  /// Runs the body of a command and turns every library error into a failure.
  static func wrapping(_ body: () throws -> Void) throws {
    do { try body() } catch let error as ExitStatus { throw error } catch { throw CommandFailure(error) }
  }
}
