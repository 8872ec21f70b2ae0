import ArgumentParser
import GalvaSim

/// What a timeline shows.
struct TimelineOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Ranks of the timeline, such as 0,4,8-15; they must be simulated.", valueName: "list"))
  var ranks: String?

  @Option(help: ArgumentHelp("Times of the timeline, such as 10ms:20ms; a side may be empty.", valueName: "from:to"))
  var window: String?

  /// Whether anything is chosen.
  var isGiven: Bool { ranks != nil || window != nil }

  /// The choice; `nil` when nothing is chosen.
  func choice() throws -> TimelineChoice? {
    do throws(TimelineText.Failure) {
      return try TimelineText.choice(ranks: ranks, window: window)
    } catch {
      switch error {
      case .ranks: throw ValidationError("--ranks: \(error)")
      case .window: throw ValidationError("--window: \(error)")
      }
    }
  }
}
