/// What links have carried over time: bytes in equal intervals, in bounded memory for any length of a run.
///
/// Intervals start short. When time passes the last one, neighbours are added up in pairs and intervals are twice as
/// long, so that the sum over all intervals is always what was carried.
struct LinkHistory: ~Copyable {
  /// Intervals of each link; even. 0 keeps no history.
  let intervals: Int
  /// Nanoseconds of an interval.
  private(set) var width: Int64 = 1024
  /// Shape `[links * intervals]`.
  private var bytes: GrowingBuffer<Double>
  private let links: Int

  /// An empty history.
  init(intervals: Int, links: Int) {
    self.intervals = intervals + intervals % 2
    self.links = links
    bytes = GrowingBuffer(repeating: 0, count: self.intervals * links)
  }

  /// Notes that a link carried `load` bytes per second between two instants.
  mutating func add(link: Int, load: Double, from begin: Int64, to end: Int64) {
    while end > width * Int64(intervals) { widen() }
    var start = begin
    var place = Int(begin / width)
    while start < end {
      let next = min(end, Int64(place + 1) * width)
      bytes[link * intervals + place] += load * (Double(next - start) * 1e-9)
      start = next
      place += 1
    }
  }

  /// Bytes a link carried in each interval; shape `[intervals]`.
  func bytes(ofLink link: Int) -> [Double] { (0..<intervals).map { bytes[link * intervals + $0] } }

  private mutating func widen() {
    width *= 2
    for link in 0..<links {
      let first = link * intervals
      for place in 0..<intervals / 2 {
        bytes[first + place] = bytes[first + 2 * place] + bytes[first + 2 * place + 1]
      }
      for place in intervals / 2..<intervals { bytes[first + place] = 0 }
    }
  }
}
