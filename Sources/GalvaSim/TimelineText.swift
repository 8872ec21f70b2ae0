import Export
import ScenarioIO

/// Ranks and windows of timelines as people write them.
public enum TimelineText {
  /// Why a text is neither.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    case ranks(String)
    case window(String)

    /// What was found, what to write.
    public var description: String {
      switch self {
      case .ranks(let text): "found `\(text)`; write ranks and ranges of ranks, such as 0,4,8-15"
      case .window(let text): "found `\(text)`; write two times, such as 10ms:20ms, 1.5s: or :200us"
      }
    }
  }

  /// Most ranks a list may name.
  static let maximumRanks = 1 << 20

  /// A list of ranks, ascending, each once: `0,4,8-15`.
  public static func ranks(_ text: String) throws(Failure) -> [Int] {
    var ranks: Set<Int> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { number($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
        last - first < maximumRanks, ranks.count < maximumRanks
      else { throw .ranks(text) }
      ranks.formUnion(first...last)
    }
    return ranks.sorted()
  }

  private static func number(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return Int(text)
  }

  /// A window in nanoseconds from the start of the iteration: `10ms:20ms`; a side may be empty.
  public static func window(_ text: String) throws(Failure) -> Range<Int64> {
    let sides = text.split(separator: ":", omittingEmptySubsequences: false)
    guard sides.count == 2, text != ":" else { throw .window(text) }
    let begin = sides[0].isEmpty ? 0 : time(sides[0])
    let end = sides[1].isEmpty ? Int64.max / 2 : time(sides[1])
    guard let begin, let end, begin < end else { throw .window(text) }
    return begin..<end
  }

  private static func time(_ text: Substring) -> Int64? {
    guard let seconds = try? QuantityText.seconds(String(text), allowsZero: true) else { return nil }
    let nanoseconds = (seconds.value * 1e9).rounded()
    return nanoseconds < 9e18 ? Int64(nanoseconds) : nil
  }

  /// The choice of both; `nil` when neither is given.
  ///
  /// - Throws: ``Failure`` for a text that cannot be read.
  public static func choice(ranks: String?, window: String?) throws(Failure) -> TimelineChoice? {
    guard ranks != nil || window != nil else { return nil }
    var choice = TimelineChoice(maximumSlices: 1 << 40)
    if let ranks { choice.ranks = try Self.ranks(ranks) }
    if let window { choice.window = try Self.window(window) }
    return choice
  }
}
