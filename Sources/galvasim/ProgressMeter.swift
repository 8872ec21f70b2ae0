import Synchronization

/// One line on a terminal: how far, how fast, how long still.
final class ProgressMeter: Sendable {
  private struct State {
    var first: (time: ContinuousClock.Instant, done: Int)?
    var shown: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  /// Shows progress; at most ten times a second, and the end always.
  func show(_ done: Int, of total: Int) {
    state.withLock { state in
      let now = ContinuousClock.now
      let first = state.first ?? (now, done)
      state.first = first
      if let shown = state.shown, done < total, now - shown < .milliseconds(100) { return }
      state.shown = now
      let seconds = (now - first.time) / .seconds(1)
      let rate = seconds > 0 ? Double(done - first.done) / seconds : 0
      let rest = rate > 0 ? ", \(Self.text(rate)) points/s, \(Self.text(Double(total - done) / rate)) s to go" : ""
      StandardError.overwrite("\(done) of \(total) points\(rest)" + (done == total ? "\n" : ""))
    }
  }

  /// A number with a decimal where it is small.
  private static func text(_ value: Double) -> String {
    value < 10 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
  }
}
