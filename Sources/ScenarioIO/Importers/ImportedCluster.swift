/// What the user says about hardware that a topology file does not.
public struct ImportChoices: Hashable, Sendable {
  /// Catalogue name of the GPU; `nil` to guess by its links.
  public var device: String?
  /// Catalogue name of the link of a network card; `nil` to guess.
  public var network: String?
  /// Catalogue name of the cluster whose nodes a Slurm file arranges; `nil` for the default.
  public var base: String?

  /// Says nothing unless told.
  public init(device: String? = nil, network: String? = nil, base: String? = nil) {
    self.device = device
    self.network = network
    self.base = base
  }
}

/// A cluster read from another program's description, as a cluster file of ours.
public struct ImportedCluster: Hashable, Sendable {
  /// What was read, one line each.
  public internal(set) var used: [String] = []
  /// What the file does not say and was filled in, one line each.
  public internal(set) var defaults: [String] = []
  /// Lines of the cluster file after `kind: cluster`.
  var lines: [String] = []

  /// The cluster file: what was used and filled in as comments, then keys the cluster reader accepts.
  public var text: String {
    let comments = used.map { "# used: \($0)" } + defaults.map { "# default: \($0)" }
    return (comments.map(printable) + ["kind: cluster"] + lines).joined(separator: "\n") + "\n"
  }

  mutating func add(_ key: String, _ value: String, used note: String) {
    lines.append("\(key): \(value)")
    used.append("\(key) \(value), \(note)")
  }

  mutating func add(_ key: String, _ value: String, default reason: String) {
    lines.append("\(key): \(value)")
    defaults.append("\(key) \(value), \(reason)")
  }

  /// A key the user may have chosen.
  mutating func add(_ key: String, chosen: String?, option: String, default value: String, because reason: String) {
    if let chosen {
      add(key, JSONValue.text(chosen).compactText, used: "given with \(option)")
    } else {
      add(key, value, default: "\(reason); say \(option)")
    }
  }
}

/// A text of a foreign file without line ends and other control characters, so that it stays in its line.
func printable(_ text: String) -> String {
  String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
}

/// One problem of an imported file.
func importFailure(_ file: String, line: Int = 0, _ message: String, _ advice: String) -> InputError {
  InputError(
    kind: .badInput,
    problems: [
      InputProblem(file: file, line: line, column: line > 0 ? 1 : 0, message: printable(message), advice: advice)
    ])
}
