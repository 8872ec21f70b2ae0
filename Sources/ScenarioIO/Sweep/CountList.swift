/// Lists of whole numbers above zero as people write them: `8`, `8,16` or `8:64:8` (first, last, step).
public enum CountList {
  /// Largest number of a list.
  public static let maximum = (1 << 30) - 1

  /// Most numbers of a list.
  public static let maximumCount = 100_000

  /// The numbers in order; `nil` when the text is no such list.
  public static func values(_ text: String) -> [Int]? {
    let range = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    if range.count == 3 {
      guard let first = range[0], let last = range[1], let step = range[2], first > 0, last >= first, step > 0,
        last <= maximum, (last - first) / step < maximumCount
      else { return nil }
      return Array(stride(from: first, through: last, by: step))
    }
    let list = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let numbers = list.compactMap { $0 }
    guard numbers.count == list.count, numbers.allSatisfy({ $0 > 0 && $0 <= maximum }) else { return nil }
    return numbers
  }
}
