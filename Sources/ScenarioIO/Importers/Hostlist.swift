/// Host names as Slurm writes them: `gpu[001-004,006],login1`, `a[1-3]b[0-1]`.
enum Hostlist {
  /// Most names one list stands for.
  static let maximumNames = 1_000_000

  /// Why a text is no host list.
  struct Failure: Error, Hashable {
    let message: String
  }

  /// The names, in order; the zeros that pad numbers are kept.
  static func names(_ text: String) throws(Failure) -> [String] {
    var names: [String] = []
    for part in try parts(of: text) {
      names += try expand(part)
      guard names.count <= maximumNames else { throw Failure(message: "more than \(maximumNames) names") }
    }
    return names
  }

  /// The list cut at the commas outside brackets.
  private static func parts(of text: String) throws(Failure) -> [Substring] {
    var parts: [Substring] = []
    var start = text.startIndex
    var isOpen = false
    for index in text.indices {
      switch text[index] {
      case "[" where isOpen: throw Failure(message: "a bracket inside brackets")
      case "[": isOpen = true
      case "]" where !isOpen: throw Failure(message: "a bracket that was not opened")
      case "]": isOpen = false
      case "," where !isOpen:
        parts.append(text[start..<index])
        start = text.index(after: index)
      default: break
      }
    }
    guard !isOpen else { throw Failure(message: "a bracket that is not closed") }
    parts.append(text[start...])
    guard parts.allSatisfy({ !$0.isEmpty }) else { throw Failure(message: "an empty name") }
    return parts
  }

  /// One part: text and brackets in turn, every combination of the numbers.
  private static func expand(_ part: Substring) throws(Failure) -> [String] {
    var names = [""]
    var rest = part
    while let open = rest.firstIndex(of: "["), let close = rest.firstIndex(of: "]") {
      let prefix = rest[..<open]
      let numbers = try self.numbers(rest[rest.index(after: open)..<close])
      guard names.count * numbers.count <= maximumNames else {
        throw Failure(message: "more than \(maximumNames) names")
      }
      names = names.flatMap { name in numbers.map { name + prefix + $0 } }
      rest = rest[rest.index(after: close)...]
    }
    return names.map { $0 + rest }
  }

  /// `001-003,7` as its numbers.
  private static func numbers(_ text: Substring) throws(Failure) -> [String] {
    var numbers: [String] = []
    for range in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = range.split(separator: "-", omittingEmptySubsequences: false)
      guard let first = ends.first, let last = ends.last, ends.count <= 2, let low = number(first),
        let high = number(last), low <= high, high - low < maximumNames
      else { throw Failure(message: "the range \"\(range.prefix(40))\"") }
      numbers += (low...high).map { value in
        let digits = String(value)
        return String(repeating: "0", count: max(0, first.count - digits.count)) + digits
      }
    }
    return numbers
  }

  private static func number(_ text: Substring) -> Int? {
    text.allSatisfy { ("0"..."9").contains($0) } ? Int(text) : nil
  }
}
