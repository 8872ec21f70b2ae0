import ArgumentParser
import GalvaSim

/// An intermediate value that can be printed instead of the report.
enum PrintedValue: String, CaseIterable, ExpressibleByArgument {
  case schedule
  case scheduleCSV = "schedule-csv"
  case taskGraph = "task-graph"
  case routes
  case memory
  case costs
  case groups
  case links

  /// The value as text.
  func text(of scenario: Scenario, options: RunOptions) throws -> String {
    switch self {
    case .schedule: IntermediateText.schedule(scenario)
    case .scheduleCSV: IntermediateText.scheduleCSV(scenario)
    case .taskGraph: try IntermediateText.taskGraph(scenario, expandRanks: options.expandRanks)
    case .routes: try IntermediateText.routes(scenario, seed: options.seed)
    case .memory: try IntermediateText.memory(scenario, options: options)
    case .costs: try IntermediateText.costs(scenario)
    case .groups: try IntermediateText.groups(scenario)
    case .links: try IntermediateText.links(scenario)
    }
  }
}
