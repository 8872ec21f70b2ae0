import Export
import Synchronization

/// Takes results from many workers, writes each to the journal before it counts.
final class SweepCollector: Sendable {
  private struct State {
    var results: [PointResult?]
    var done: Int
    var failure: ExportError?
  }

  private let state: Mutex<State>
  private let journal: LineJournal?
  private let total: Int
  private let progress: @Sendable (Int, Int) -> Void

  /// Starts with what is known of `count` points, `total` of which are wanted.
  init(
    _ known: [Int: PointResult], count: Int, total: Int, journal: LineJournal?,
    progress: @escaping @Sendable (Int, Int) -> Void
  ) {
    state = Mutex(State(results: (0..<count).map { known[$0] }, done: known.count))
    self.journal = journal
    self.total = total
    self.progress = progress
  }

  /// Whether the journal cannot be written: going on would lose work.
  var hasFailed: Bool { state.withLock { $0.failure != nil } }

  /// Takes one result.
  func take(_ result: PointResult, of point: Int) {
    state.withLock { state in
      guard state.failure == nil else { return }
      do throws(ExportError) {
        try journal?.append(SweepStore.line(point, result))
      } catch {
        state.failure = error
        return
      }
      state.results[point] = result
      state.done += 1
      progress(state.done, total)
    }
  }

  /// Every result, by point.
  ///
  /// - Throws: ``ExportError`` when the journal could not be written.
  func results() throws(ExportError) -> [PointResult?] {
    let (results, failure) = state.withLock { ($0.results, $0.failure) }
    if let failure { throw failure }
    return results
  }
}
