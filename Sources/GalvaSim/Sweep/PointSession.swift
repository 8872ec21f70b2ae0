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

  /// The result of a point; what cannot be run is a result too.
  mutating func run(_ index: Int) -> PointResult {
    let point = spec.point(index)
    do throws(InputError) {
      let scenario = try scenario(of: point)
      return spec.task == .simulate ? simulate(scenario, point.settings) : try search(scenario, point.settings)
    } catch { return .failure("\(error)") }
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

  private mutating func search(_ scenario: Scenario, _ settings: SweepSettings) throws(InputError) -> PointResult {
    var options = settings.searchOptions
    options.isCancelled = isCancelled
    return PointResult(try SearchRun(scenario, options: options, in: &searches))
  }
}
