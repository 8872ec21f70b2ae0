/// What of a trace a timeline shows.
public struct TimelineChoice: Hashable, Sendable {
  /// Global ranks; `nil` for all that were simulated.
  public var ranks: [Int]?
  /// Nanoseconds from the start of the iteration: tasks that run in it are shown whole; `nil` for all.
  public var window: Range<Int64>?
  /// Slices in all; ranks beyond are left out with a warning.
  public var maximumSlices: Int

  /// Most slices a timeline in text shows unless told otherwise: viewers get slow.
  public static let defaultMaximumSlices = 2_000_000

  /// Chooses.
  ///
  /// - Precondition: `maximumSlices >= 1`.
  public init(ranks: [Int]? = nil, window: Range<Int64>? = nil, maximumSlices: Int = Self.defaultMaximumSlices) {
    precondition(maximumSlices >= 1, "a timeline shows at least one slice")
    self.ranks = ranks
    self.window = window
    self.maximumSlices = maximumSlices
  }
}

/// Which tasks of a source go into a timeline.
struct TimelineSelection {
  /// Chosen rows of each simulated rank, empty for a rank left out; shape `[ranks]`. A window narrows them further.
  private(set) var rows: [Range<Int>]
  /// What was left out, for people.
  private(set) var warnings: [String] = []
  /// Nanoseconds, or everything.
  let window: Range<Int64>?

  /// Chooses whole ranks, lowest first, until the limit is reached.
  ///
  /// A first rank that alone has more tasks is cut.
  ///
  /// - Throws: ``ExportError/ranksNotSimulated(_:simulated:)``.
  init(_ source: any TimelineSource, _ choice: TimelineChoice) throws(ExportError) {
    let overview = source.overview
    let ranks = overview.ranks
    let unknown = (choice.ranks ?? []).filter { overview.place(ofRank: $0) == nil }
    guard unknown.isEmpty else { throw .ranksNotSimulated(unknown, simulated: ranks.map(\.number)) }
    window = choice.window
    rows = ranks.map { $0.rows.lowerBound..<$0.rows.lowerBound }
    var left = choice.maximumSlices
    var (kept, wanted, missing) = (0, 0, 0)
    for (place, rank) in ranks.enumerated() where choice.ranks?.contains(rank.number) ?? true {
      let tasks = Self.tasks(of: rank, in: source, window: choice.window)
      wanted += 1
      guard tasks.count <= left || kept == 0 else {
        missing += tasks.count
        left = 0
        continue
      }
      rows[place] = rank.rows
      if tasks.count > left { rows[place] = rank.rows.lowerBound..<tasks.end(after: left) }
      missing += max(0, tasks.count - left)
      left -= min(tasks.count, left)
      kept += 1
    }
    guard missing > 0 else { return }
    warnings.append(
      "timeline: limited to \(choice.maximumSlices) slices: shows \(kept) of \(wanted) ranks and leaves out "
        + "\(missing) slices; choose ranks, a window, or raise the limit")
  }

  /// Whether any task of a rank may be shown.
  func contains(place: Int) -> Bool { !rows[place].isEmpty }

  /// Whether a task is shown.
  @inline(__always)
  func contains(_ task: TimelineTask, place: Int) -> Bool {
    rows[place].contains(task.row) && task.isShown && isInWindow(task.span)
  }

  /// Whether a task that runs at this time may be shown.
  @inline(__always)
  func isInWindow(_ span: TimelineSpan) -> Bool { Self.isIn(window, span) }

  /// Whether a task that runs at this time meets a window.
  @inline(__always)
  static func isIn(_ window: Range<Int64>?, _ span: TimelineSpan) -> Bool {
    guard let window else { return true }
    return span.start < window.upperBound && (span.end > window.lowerBound || span.start >= window.lowerBound)
  }

  /// The chosen rows of a rank that lie in the window.
  private struct Tasks {
    let rows: Range<Int>
    /// Rows in the window, or `nil` when all are.
    let chosen: [Int]?

    var count: Int { chosen?.count ?? rows.count }

    /// The row behind the first `limit` of them.
    func end(after limit: Int) -> Int { chosen.map { $0[limit] } ?? rows.lowerBound + limit }
  }

  private static func tasks(
    of rank: TimelineOverview.Rank, in source: any TimelineSource, window: Range<Int64>?
  ) -> Tasks {
    guard let window else { return Tasks(rows: rank.rows, chosen: nil) }
    let chosen = rank.rows.filter { Self.isIn(window, source.span(ofRow: $0)) }
    return Tasks(rows: rank.rows, chosen: chosen)
  }
}
