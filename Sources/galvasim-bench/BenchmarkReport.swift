/// Everything measured in one run, as a table for people or one JSON document for programs.
struct BenchmarkReport {
  let repetitions: Int
  let executors: [ExecutorTimes]
  let simulations: [SimulationTimes]

  // MARK: Text

  /// The table.
  var text: String {
    var lines = ["CPU time, \(repetitions) repetitions side by side: median (best, spread = longest / best - 1)", ""]
    for times in executors {
      lines.append("\(times.name): \(times.tasks) tasks, \(times.ranks) simulated ranks")
      lines.append(row("  replay", times.replay, times.tasks))
      lines.append(row("  C++ sweep", times.sweep, times.tasks))
      lines.append(row("  events", times.events, times.tasks))
      lines.append(row("  C++ std::priority_queue", times.priorityQueue, times.tasks))
      lines.append(row("  C++ 4-ary 128-bit heap", times.quaternary, times.tasks))
      lines.append(
        "  speed: replay / C++ sweep \(fixed(times.replay.speed(against: times.sweep), 2))x, "
          + "events / C++ std::priority_queue \(fixed(times.events.speed(against: times.priorityQueue), 2))x, "
          + "events / C++ 4-ary \(fixed(times.events.speed(against: times.quaternary), 2))x")
      lines.append("")
    }
    for times in simulations {
      lines.append("\(times.name): \(times.ranks) GPUs folded, \(times.tasks) tasks")
      lines.append(row("  reading the scenario", times.reading))
      lines.append(row("  lowering", times.lowering))
      lines.append(row("  whole, replayed", times.replay))
      lines.append(row("  whole, event by event", times.simulation))
      lines.append(row("  whole, shared links", times.shared))
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ name: String, _ samples: Samples, _ tasks: Int? = nil) -> String {
    let spread = "\(fixed(samples.spread * 100, 0)) %"
    let times = "\(milliseconds(samples.median)) ms (\(milliseconds(samples.best)), \(spread))"
    guard let tasks else { return padded(name, 28) + times }
    return padded(name, 28) + padded(times, 34) + "\(fixed(Double(tasks) / samples.median * 1e-6, 1)) M tasks/s"
  }

  private func milliseconds(_ seconds: Double) -> String { fixed(seconds * 1e3, 2) }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  // MARK: JSON

  /// One document; units are in the keys.
  var json: String {
    let executors = executors.map { times in
      object([
        ("name", quoted(times.name)), ("ranks_simulated", "\(times.ranks)"), ("tasks", "\(times.tasks)"),
        ("replay", object(times.replay, times.tasks)), ("cpp_sweep", object(times.sweep, times.tasks)),
        ("events", object(times.events, times.tasks)),
        ("cpp_priority_queue", object(times.priorityQueue, times.tasks)),
        ("cpp_quaternary", object(times.quaternary, times.tasks)),
        ("replay_over_cpp_sweep", fixed(times.replay.speed(against: times.sweep), 3)),
        ("events_over_cpp_priority_queue", fixed(times.events.speed(against: times.priorityQueue), 3)),
        ("events_over_cpp_quaternary", fixed(times.events.speed(against: times.quaternary), 3)),
      ])
    }
    let simulations = simulations.map { times in
      object([
        ("name", quoted(times.name)), ("ranks", "\(times.ranks)"), ("tasks", "\(times.tasks)"),
        ("iteration_time_s", "\(times.iteration)"), ("fingerprint", quoted(times.fingerprint)),
        ("reading", object(times.reading)), ("lowering", object(times.lowering)),
        ("replay", object(times.replay)), ("simulation", object(times.simulation)),
        ("shared", object(times.shared)),
      ])
    }
    return object([
      ("schema_version", "1"), ("repetitions", "\(repetitions)"), ("executors", array(executors)),
      ("simulations", array(simulations)),
    ])
  }

  private func object(_ samples: Samples, _ tasks: Int? = nil) -> String {
    var fields = [
      ("median_cpu_s", "\(samples.median)"), ("best_cpu_s", "\(samples.best)"), ("spread", fixed(samples.spread, 3)),
    ]
    if let tasks { fields.append(("tasks_per_cpu_s", fixed(Double(tasks) / samples.median, 0))) }
    return object(fields)
  }

  private func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { quoted($0.0) + ":" + $0.1 }.joined(separator: ",") + "}"
  }

  private func array(_ values: [String]) -> String { "[" + values.joined(separator: ",") + "]" }

  /// Names here hold no character that JSON escapes but quotes and backslashes.
  private func quoted(_ text: String) -> String {
    "\"" + text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\""
  }
}

/// A number with a fixed count of decimals, rounded.
func fixed(_ value: Double, _ decimals: Int) -> String {
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = Int64((value * scale).rounded())
  guard decimals > 0 else { return "\(scaled)" }
  let unit = Int64(scale)
  let fraction = String(abs(scaled) % unit)
  let sign = scaled < 0 ? "-" : ""
  return "\(sign)\(abs(scaled) / unit)." + String(repeating: "0", count: decimals - fraction.count) + fraction
}
