/// One thing that is wrong with an input: where, what was found, what to do.
public struct InputProblem: Hashable, Sendable {
  /// The file as it was named, or the command-line option (`--set job.micro_batch`).
  public let file: String
  /// Line counted from 1; 0 when the problem has no line (a missing file, an option).
  public let line: Int
  /// Column in Unicode scalars, counted from 1; 0 without a line.
  public let column: Int
  /// The key inside the document, for example `job.micro_batch`; empty for the document itself.
  public let path: String
  /// What was found.
  public let message: String
  /// What to do.
  public let advice: String
  /// The nearest valid spelling, where there is one.
  public let suggestion: String?

  /// Records a problem.
  public init(
    file: String, line: Int = 0, column: Int = 0, path: String = "", message: String, advice: String,
    suggestion: String? = nil
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.path = path
    self.message = message
    self.advice = advice
    self.suggestion = suggestion
  }
}

extension InputProblem: CustomStringConvertible {
  /// `file:line:column: path: found, advice; did you mean "..."?` on one line.
  public var description: String {
    let place = line > 0 ? "\(file):\(line):\(column)" : file
    let subject = path.isEmpty ? "" : "\(path): "
    let hint = suggestion.map { "; did you mean \"\($0)\"?" } ?? ""
    return "\(place): \(subject)\(message), \(advice)\(hint)"
  }
}

extension InputProblem: Comparable {
  /// Orders by file, then by position, then by text.
  public static func < (left: InputProblem, right: InputProblem) -> Bool {
    if left.file != right.file { return left.file < right.file }
    if left.line != right.line { return left.line < right.line }
    if left.column != right.column { return left.column < right.column }
    return left.description < right.description
  }
}

/// Everything that is wrong with an input, all at once.
public struct InputError: Error, Hashable, Sendable {
  /// The two classes of failure, by exit status.
  public enum Kind: Int, Hashable, Sendable {
    /// An input that was read and cannot be used.
    case badInput = 65
    /// A file that is not there or cannot be opened.
    case missing = 66
  }

  /// The class of failure.
  public let kind: Kind
  /// The problems, sorted by position, each once; at least one.
  public let problems: [InputProblem]

  /// The process exit status that belongs to the failure.
  public var exitStatus: Int { kind.rawValue }

  /// Sorts the problems and drops repetitions.
  public init(kind: Kind, problems: [InputProblem]) {
    self.kind = kind
    self.problems = problems.sorted().reduce(into: []) { kept, problem in
      if kept.last != problem { kept.append(problem) }
    }
  }
}

extension InputError: CustomStringConvertible {
  /// One line for each problem.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
