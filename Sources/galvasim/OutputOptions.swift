import ArgumentParser
import Foundation
import GalvaSim
import Logging

/// An exit status that is a result, not a failure.
typealias ExitStatus = ExitCode

/// Options every command that prints results shares.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON document instead of text.")
  var json = false

  @Flag(help: "Print results only: no notes on standard error.")
  var quiet = false

  @Option(help: ArgumentHelp("Which notes go to standard error.", valueName: "level"))
  var logLevel: Logger.Level = .notice

  /// Writes notes to standard error.
  var log: Logger {
    var log = Logger(label: "galvasim") { _ in StandardErrorLog() }
    log.logLevel = quiet ? .critical : logLevel
    return log
  }

  /// Prints a document.
  func print(_ document: JSONValue) { StandardOutput.write(document.indentedText + "\n") }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// A log handler that writes `level: message` lines to standard error.
struct StandardErrorLog: LogHandler {
  var logLevel = Logger.Level.notice
  var metadata = Logger.Metadata()

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    StandardError.write("\(event.level): \(event.message)")
  }
}

/// Standard output, written in one piece.
enum StandardOutput {
  /// Writes a text as it is.
  static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}

/// Standard error.
enum StandardError {
  /// Writes a line.
  static func write(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

  /// Writes over the last such line of a terminal.
  static func overwrite(_ line: String) { FileHandle.standardError.write(Data("\r\u{1b}[K\(line)".utf8)) }
}
