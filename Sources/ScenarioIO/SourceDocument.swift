import Foundation
import Yams

/// A parsed YAML or JSON document.
public struct SourceDocument: Hashable, Sendable {
  /// Largest text that is read, in bytes.
  public static let maximumBytes = 4 * 1024 * 1024
  /// Most nodes of a document after its aliases are followed.
  public static let maximumNodes = 200_000

  /// The text it was read from.
  public let source: SourceFile
  /// The document.
  public let root: DocumentNode

  /// Reads and parses a file; relative paths inside it start from its folder.
  ///
  /// - Throws: ``InputError`` of kind `missing` when the file cannot be opened, `badInput` for everything else.
  public static func load(path: String) throws(InputError) -> SourceDocument {
    let directory = (path as NSString).deletingLastPathComponent
    return try parse(
      FileText.load(path: path), source: SourceFile(name: path, directory: directory.isEmpty ? "." : directory))
  }

  /// Parses a text.
  ///
  /// - Throws: ``InputError`` with one problem: syntax, duplicate keys, limits exceeded, nothing there.
  public static func parse(_ text: String, source: SourceFile) throws(InputError) -> SourceDocument {
    func failure(_ line: Int, _ column: Int, _ message: String, _ advice: String) -> InputError {
      InputError(
        kind: .badInput,
        problems: [
          InputProblem(file: source.name, line: line, column: column, message: message, advice: advice)
        ])
    }
    guard text.utf8.count <= maximumBytes else {
      throw failure(0, 0, "found \(text.utf8.count) bytes", "expected a file of at most 4 MiB")
    }
    do {
      try TextGuard.check(text)
      // The parser stays alive while its nodes are converted: they hold their anchors weakly.
      let parser = try Parser(yaml: AliasMark.hide(in: text), resolver: .basic, encoding: .utf8)
      defer { withExtendedLifetime(parser) {} }
      guard let node = try parser.singleRoot() else {
        throw TextGuard.Finding(line: 1, column: 1, message: "found an empty file", advice: "expected a mapping")
      }
      var conversion = NodeConversion(source: source)
      return SourceDocument(source: source, root: try conversion.root(node))
    } catch let finding as TextGuard.Finding {
      throw failure(finding.line, finding.column, finding.message, finding.advice)
    } catch let error as YamlError {
      let finding = YamlFinding(error)
      throw failure(finding.line, finding.column, finding.message, finding.advice)
    } catch {
      throw failure(1, 1, "found text that cannot be parsed", "expected YAML or JSON")
    }
  }
}

/// What the YAML parser says, in our words.
private struct YamlFinding {
  var line = 1
  var column = 1
  var message = "found text that is not YAML"
  var advice = "expected YAML or JSON"

  init(_ error: YamlError) {
    switch error {
    case .scanner(_, let problem, let mark, let text), .parser(_, let problem, let mark, let text):
      place(mark)
      guard !problem.contains("nesting level") else {
        message = "nested deeper than \(TextGuard.maximumDepth) levels"
        advice = "expected a flatter document"
        return
      }
      message = "syntax error (\(problem))"
      let hasTab = Self.startsWithTab(text, line: mark.line)
      advice = hasTab ? "indent with spaces, not tabs" : "check indentation and quotes"
    case .composer(let context, let problem, let mark, _):
      place(mark)
      let isSecondDocument = context != nil
      message = isSecondDocument ? "found a second document" : "syntax error (\(problem))"
      advice = isSecondDocument ? "expected one document in a file" : "define the anchor before it is used"
    case .duplicatedKeysInMapping(let keys, let context):
      place(context.mark)
      let quoted = keys.map { JSONValue.text(String(AliasMark.reveal(in: $0).prefix(60))).compactText }.joined(
        separator: ", ")
      message = "found the key \(quoted) more than once"
      advice = "keep one of them"
    case .reader(let problem, let offset, _, let text):
      if let offset { place(text.prefix(offset)) }
      message = "found a character that is not text (\(problem))"
      advice = "expected UTF-8 text without control characters"
    default: break
    }
  }

  private mutating func place(_ mark: Mark) {
    line = max(1, mark.line)
    column = max(1, mark.column)
  }

  private mutating func place(_ text: Substring) {
    line = 1 + text.utf8.count { $0 == 0x0a }
    column = 1 + (text.split(separator: "\n", omittingEmptySubsequences: false).last?.unicodeScalars.count ?? 0)
  }

  private static func startsWithTab(_ text: String, line: Int) -> Bool {
    let lines = text.split(separator: "\n", maxSplits: line, omittingEmptySubsequences: false)
    guard lines.indices.contains(line - 1) else { return false }
    return lines[line - 1].prefix { $0 == " " || $0 == "\t" }.contains("\t")
  }
}
