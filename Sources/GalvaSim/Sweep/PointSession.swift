import ClusterSimulation
import Planning
import ScenarioIO

/// Runs points of a sweep one after the other and keeps what neighbours share.
///
/// A worker has one session. Points whose layers have the same prices (``SweepSpec/pricingNumber(of:)``) reach it in a
/// row, so that prices and simulated plans serve other memory limits and methods; nothing kept changes a result.
struct PointSession {
  private let spec: SweepSpec
  private let isCancelled: @Sendable () -> Bool
  private let parts = ScenarioParts()
  private var searches = SearchSession()
  /// The scenario of the last point and its number.
  private var last: (number: Int, scenario: Result<Scenario, InputError>)?

  init(spec: SweepSpec, isCancelled: @escaping @Sendable () -> Bool) {
    self.spec = spec
    self.isCancelled = isCancelled
  }

  /// The results of points; several are searches that differ in the memory limit alone. What cannot be run is a result
  /// too.
  mutating func run(_ points: [Int]) -> [PointResult] {
    if points.count > 1, spec.task == .search { return search(points) }
    return points.map { run($0) }
  }

  private mutating func run(_ index: Int) -> PointResult {
    let point = spec.point(index)
    do throws(InputError) {
      let scenario = try scenario(of: point)
      guard spec.task == .search else { return simulate(scenario, point.settings) }
      return PointResult(try SearchRun(scenario, options: options(point.settings), in: &searches))
    } catch { return .failure("\(error)") }
  }

  /// One pass for all limits whose scenario can be read.
  private mutating func search(_ points: [Int]) -> [PointResult] {
    var failures: [Int: PointResult] = [:]
    var scenarios: [Scenario] = []
    for index in points {
      do throws(InputError) { scenarios.append(try scenario(of: spec.point(index))) } catch {
        failures[index] = .failure("\(error)")
      }
    }
    do throws(InputError) {
      let options = options(spec.point(points[0]).settings)
      var runs = try SearchRun.curve(scenarios, options: options, in: &searches)[...]
      return points.map { failures[$0] ?? PointResult(runs.removeFirst()) }
    } catch {
      return points.map { failures[$0] ?? .failure("\(error)") }
    }
  }

  private mutating func scenario(of point: SweepPoint) throws(InputError) -> Scenario {
    let number = spec.scenarioNumber(of: point.index)
    if let last, last.number == number { return try last.scenario.get() }
    let result = Result { [parts] () throws(InputError) in try point.scenario(parts: parts) }
    last = (number, result)
    return try result.get()
  }

  private func simulate(_ scenario: Scenario, _ settings: SweepSettings) -> PointResult {
    do throws(SimulationError) {
      return PointResult(try ScenarioRun(scenario, options: settings.runOptions))
    } catch { return .failure("\(error)") }
  }

  private func options(_ settings: SweepSettings) -> SearchOptions {
    var options = settings.searchOptions
    options.isCancelled = isCancelled
    return options
  }
}
