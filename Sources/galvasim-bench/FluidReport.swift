/// The shared network measured: messages that come and go, and collectives as one flow each.
struct FluidReport {
  private let messages: [FluidTimes]
  private let collectives: [CollectiveFlowTimes]

  /// Measures everything; fewer events where each changes many rates.
  init(repetitions: Int) {
    messages = FluidPattern.allCases.flatMap { pattern in
      [(64, 400_000), (256, 200_000), (1024, 40_000), (4096, 10_000)].map { flows, events in
        FluidTimes(
          pattern, flows: flows, events: pattern == .rail ? 400_000 : events, repetitions: repetitions)
      }
    }
    collectives = [128, 1024, 8192].map {
      CollectiveFlowTimes(ranks: $0, starts: 1_000_000 / $0, repetitions: repetitions)
    }
  }

  /// The table.
  var text: String {
    var lines = ["", "Shared network, 1024 cards: starts and finishes per CPU second at a number of flows"]
    for times in messages {
      lines.append(
        row("  \(times.pattern.name), \(times.flows)", times.samples, events: times.events)
          + "  changes per event: \(fixed(times.rateChanges, 1)) rates, \(fixed(times.levelChanges, 1)) levels")
    }
    lines.append("All-reduce on every card as one weighted flow")
    for times in collectives { lines.append(row("  \(times.ranks) GPUs", times.samples, events: 2 * times.starts)) }
    return lines.joined(separator: "\n")
  }

  private func row(_ name: String, _ samples: Samples, events: Int) -> String {
    let rate = "\(fixed(Double(events) / samples.median * 1e-3, 1)) k/s"
    let time = "\(fixed(samples.median / Double(events) * 1e6, 2)) us each (spread \(fixed(samples.spread * 100, 0)) %)"
    return padded(name, 28) + padded(rate, 14) + padded(time, 28)
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
