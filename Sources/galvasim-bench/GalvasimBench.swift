import Glibc

/// Measures the executors and the search beside plain C++ loops, and whole simulations.
@main
struct GalvasimBench {
  private var folder = "Scenarios/runs"
  private var repetitions = 7
  private var printsJSON = false
  private var profiles = "../shared/data/galvatron"
  private var measuresSearchOnly = false
  private var measuresTimelinesOnly = false

  private init(arguments: [String]) throws {
    var rest = arguments[...]
    while let option = rest.popFirst() {
      switch option {
      case "--json": printsJSON = true
      case "--scenarios":
        guard let value = rest.popFirst() else { throw BenchmarkError.unknownOption(option) }
        folder = value
      case "--search": measuresSearchOnly = true
      case "--timelines": measuresTimelinesOnly = true
      case "--galvatron-profiles":
        guard let value = rest.popFirst() else { throw BenchmarkError.unknownOption(option) }
        profiles = value
      case "--repetitions":
        guard let value = rest.popFirst().flatMap({ Int($0) }), value >= 1 else {
          throw BenchmarkError.unknownOption(option)
        }
        repetitions = max(value, 7)
      default: throw BenchmarkError.unknownOption(option)
      }
    }
  }

  static func main() {
    do {
      try GalvasimBench(arguments: Array(CommandLine.arguments.dropFirst())).run()
    } catch {
      let line = "galvasim-bench: \(error)\n"
      _ = write(STDERR_FILENO, line, line.utf8.count)
      exit((error as? BenchmarkError)?.exitStatus ?? 65)
    }
  }

  private func run() throws {
    guard !measuresSearchOnly else {
      return print(try SearchReport(profiles: profiles, repetitions: repetitions).text)
    }
    guard !measuresTimelinesOnly else {
      return print(try TimelineTimes(folder: folder, repetitions: repetitions).text)
    }
    let simulations = try SimulationTimes.files.map {
      try SimulationTimes(file: $0, folder: folder, repetitions: repetitions)
    }
    let executors = try ExecutorCase.all.map { try ExecutorTimes($0, folder: folder, repetitions: repetitions) }
    let report = BenchmarkReport(repetitions: repetitions, executors: executors, simulations: simulations)
    print(printsJSON ? report.json : report.text)
    guard !printsJSON else { return }
    print(try TimelineTimes(folder: folder, repetitions: repetitions).text)
    print(FluidReport(repetitions: repetitions).text)
    print(try SearchReport(profiles: profiles, repetitions: repetitions).text)
  }
}
