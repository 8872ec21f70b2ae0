import Foundation
import Hardware

/// Reads what a program of nccl-tests prints.
struct BandwidthTestText {
  private var run: BandwidthTestRun
  private let path: String
  /// Columns as the last header named them: the layout of every version so far without one.
  private var columns = [
    "size", "count", "type", "redop", "root", "time", "algbw", "busbw", "#wrong", "time", "algbw", "busbw", "#wrong",
  ]
  private var problems: [InputProblem] = []

  /// Reads a text.
  ///
  /// - Throws: ``InputError`` with every bad line.
  static func read(_ text: String, path: String) throws(InputError) -> BandwidthTestRun {
    var reader = BandwidthTestText(path: path)
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      reader.take(line, number: index + 1)
    }
    guard reader.problems.isEmpty else { throw InputError(kind: .badInput, problems: reader.problems) }
    return reader.run
  }

  private init(path: String) {
    self.path = path
    run = BandwidthTestRun(path: path)
  }

  private mutating func take(_ line: Substring, number: Int) {
    var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
    // Launchers put the printing task before each line: "0: ", "[0] ", "[1,0]<stdout>:".
    if let first = words.first, first != "#", Int(first) == nil, Self.isTaskLabel(first) { words.removeFirst() }
    guard let first = words.first else { return }
    if first.hasPrefix("#") {
      takeComment(Array((first == "#" ? [] : [String(first.dropFirst())]) + words.dropFirst()), number: number)
    } else if let bytes = Int64(first), words.count > 2 {
      takeSize(bytes, words, number: number)
    }
  }

  private static func isTaskLabel(_ word: String) -> Bool {
    guard word.hasSuffix(":") || (word.hasPrefix("[") && word.hasSuffix("]")) else { return false }
    let digits = word.replacingOccurrences(of: "<stdout>", with: "").filter { !"[],:".contains($0) }
    return !digits.isEmpty && digits.allSatisfy(\.isNumber)
  }

  private mutating func takeComment(_ words: [String], number: Int) {
    if words.starts(with: ["Collective", "test", "starting:"]), words.count > 3 {
      run.operation = BandwidthTestRun.operation(program: words[3])
      if run.operation == nil {
        report(number, "found the program \(words[3])", "expected one of \(BandwidthTestRun.programs)")
      }
    } else if words.first == "Rank", let place = words.firstIndex(of: "on"), words.count > max(place + 1, 1) {
      guard let rank = Int(words[1]), rank >= 0 else {
        return report(number, "found a device line without a rank", "expected \"Rank 0 ... on HOST device 0\"")
      }
      run.hostOfRank[rank] = words[place + 1]
      if rank == 0, let bracket = words.firstIndex(where: { $0.hasSuffix("]") }) {
        run.device = words.dropFirst(bracket + 1).joined(separator: " ")
      }
    } else if words.contains("size"), words.contains("busbw") {
      columns = words.map { $0 == "error" ? "#wrong" : $0 }
      if columns.contains("wrong") { columns = columns.map { $0 == "wrong" ? "#wrong" : $0 } }
    } else if let word = words.first(where: { $0.hasPrefix("nccl-library=") }) {
      run.version = "NCCL " + word.dropFirst("nccl-library=".count)
    } else if words.starts(with: ["NCCL", "version"]), words.count > 2 {
      run.version = "NCCL " + words[2]
    }
  }

  private mutating func takeSize(_ bytes: Int64, _ words: [String], number: Int) {
    guard words.count >= columns.count else {
      return report(
        number, "found \(words.count) columns", "expected the \(columns.count) of the header: size, count, type, ...")
    }
    let places = columns.indices.filter { columns[$0] == "time" }
    guard bytes >= 0, let first = places.first, bytes <= 1 << 50 else {
      return report(number, "found no size or no time column", "expected a line as nccl-tests prints it")
    }
    let second = places.count > 1 ? words[places[1]] : "N/A"
    guard let outOfPlace = time(words[first], number), let inPlace = time(second, number) else { return }
    if columns.indices.contains(where: { columns[$0] == "#wrong" && Double(words[$0]).map { $0 > 0 } ?? false }) {
      run.wrong += 1
    }
    run.add(bytes: bytes, outOfPlace: outOfPlace.microseconds, inPlace: inPlace.microseconds)
  }

  /// A time that may be missing.
  private struct Time { let microseconds: Double? }

  /// The time of a column; `nil` with a problem recorded.
  private mutating func time(_ word: String, _ number: Int) -> Time? {
    if word == "N/A" { return Time(microseconds: nil) }
    if let value = Double(word), value.isFinite, value >= 0, value < 1e12 { return Time(microseconds: value) }
    let shown = JSONValue.text(String(word.prefix(40))).compactText
    report(number, "found \(shown) as time", "expected microseconds or N/A")
    return nil
  }

  private mutating func report(_ number: Int, _ message: String, _ advice: String) {
    problems.append(InputProblem(file: path, line: number, column: 1, message: message, advice: advice))
  }
}
