/// Start and end of every task in nanoseconds, by row: the only thing an executor stores per task.
///
/// Rows are ordered by simulated rank, then by program order. A negative value marks a task that has not run.
public struct TimeColumns: Hashable, Sendable {
  /// Start of each task; shape `[rows]`.
  public let starts: [Int64]
  /// End of each task; shape `[rows]`.
  public let ends: [Int64]

  /// Tasks.
  public var count: Int { starts.count }

  /// Lets `body` write the times of `count` tasks straight into the columns.
  ///
  /// - Parameter initial: What the columns hold beforehand; `nil` when `body` writes every row.
  static func recording(count: Int, initial: Int64?, _ body: (ColumnPointers) -> Void) -> TimeColumns {
    var ends: [Int64] = []
    let starts = [Int64](unsafeUninitializedCapacity: count) { startBuffer, startCount in
      startBuffer.adviseLargePages()
      if let initial { startBuffer.initialize(repeating: initial) }
      startCount = count
      ends = [Int64](unsafeUninitializedCapacity: count) { endBuffer, endCount in
        endBuffer.adviseLargePages()
        if let initial { endBuffer.initialize(repeating: initial) }
        endCount = count
        guard let starts = startBuffer.baseAddress, let ends = endBuffer.baseAddress else { return }
        body(ColumnPointers(starts: starts, ends: ends))
      }
    }
    return TimeColumns(starts: starts, ends: ends)
  }
}

/// The columns while an executor fills them; valid inside ``TimeColumns/recording(count:_:)`` only.
struct ColumnPointers {
  let starts: UnsafeMutablePointer<Int64>
  let ends: UnsafeMutablePointer<Int64>

  /// Marks tasks that never ran.
  func markUnfinished(_ rows: Range<Int>) {
    (starts + rows.lowerBound).initialize(repeating: -1, count: rows.count)
    (ends + rows.lowerBound).initialize(repeating: -1, count: rows.count)
  }
}

/// What an executor leaves behind.
struct ExecutionRecord {
  /// Times of all tasks.
  var columns: TimeColumns
  /// First task that never started, of every rank that has one.
  var stuck: [(simulatedRank: Int, row: Int)]
  /// Steps the executor took: queue events, or rows for the replay.
  var eventCount: Int
  /// What the shared links did; `nil` when nothing was shared.
  var network: NetworkReport?
}
