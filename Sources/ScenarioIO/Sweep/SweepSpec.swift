/// A grid of scenarios to simulate, or to search plans for: what a sweep file describes.
public struct SweepSpec: Sendable {
  /// What every point of a sweep runs.
  public enum Task: String, CaseIterable, Hashable, Sendable {
    /// Replays the scenario's plan.
    case simulate
    /// Searches the best plan.
    case search
  }

  /// Name for people and for results.
  public let name: String
  /// What the sweep is about; empty when the file does not say.
  public let description: String
  /// What every point runs.
  public let task: Task
  /// What varies, slowest first.
  public let axes: [SweepAxis]
  /// Positions of the axes of which only the best value counts.
  public let reducedAxes: [Int]
  /// Positions of the axes that name the rows and the columns of the report; `nil` for one long table.
  public let table: (rows: Int, columns: Int)?
  /// What the chart shows; `nil` when no axis can carry it.
  public let chart: SweepChartSpec?
  /// The scenario every point starts from.
  let base: DocumentNode
  /// Name of the scenario when it has none of its own.
  let baseName: String
  /// Settings of the task that hold at every point.
  let settings: SweepSettings
  /// The section they were read from.
  let settingsNode: DocumentNode?
  /// Changes of the scenario that hold at every point.
  let changes: [SweepChange]
  /// The file itself, for problems of the whole.
  let source: SourceFile

  /// Points of the full product.
  public var pointCount: Int { axes.reduce(1) { $0 * $1.values.count } }

  /// What the results depend on: scenario, settings and axes, as JSON; files that it names by path are not looked into.
  public var computed: JSONValue {
    [
      "name": .text(name), "task": .text(task.rawValue), "scenario": base.json, "set": Self.json(changes),
      "settings": settingsNode?.json ?? .null,
      "axes": .list(
        axes.map { axis in
          [
            "name": .text(axis.name),
            "values": .list(axis.values.map { ["label": .text($0.label), "set": Self.json($0.changes)] }),
          ]
        }),
    ]
  }

  private static func json(_ changes: [SweepChange]) -> JSONValue {
    .object(changes.map { JSONField($0.path, $0.value.json) })
  }

  /// Positions on every axis of a point; the last axis varies fastest.
  ///
  /// - Precondition: `index` in `0..<pointCount`.
  public func coordinates(of index: Int) -> [Int] {
    precondition((0..<pointCount).contains(index), "a point of the sweep")
    var rest = index
    var coordinates: [Int] = []
    for axis in axes.reversed() {
      coordinates.append(rest % axis.values.count)
      rest /= axis.values.count
    }
    return coordinates.reversed()
  }

  /// A number that points with the same scenario share.
  public func scenarioNumber(of index: Int) -> Int { number(of: index) { $0.isOfScenario } }

  /// A number that points share whose scenarios differ in the memory limit alone: their layers have the same prices.
  public func pricingNumber(of index: Int) -> Int {
    number(of: index) { $0.isOfScenario && $0.path != "options.memory_limit" }
  }

  /// A number that points share which differ in the memory limit alone.
  public func familyNumber(of index: Int) -> Int { number(of: index) { $0.path != "options.memory_limit" } }

  /// The place of a point in the product of the axes with a change that matters.
  private func number(of index: Int, _ matters: (SweepChange) -> Bool) -> Int {
    zip(axes, coordinates(of: index)).reduce(0) { number, place in
      let isRelevant = place.0.values.contains { $0.changes.contains(where: matters) }
      return isRelevant ? number * place.0.values.count + place.1 : number
    }
  }

  /// The point at a place of the product.
  ///
  /// - Precondition: `index` in `0..<pointCount`.
  public func point(_ index: Int) -> SweepPoint {
    let coordinates = coordinates(of: index)
    var settings = self.settings
    let changes = self.changes + zip(axes, coordinates).flatMap { $0.values[$1].changes }
    for case .setting(let apply) in changes.map(\.target) { apply(&settings) }
    let scenarioChanges = changes.filter(\.isOfScenario)
    return SweepPoint(index: index, coordinates: coordinates, settings: settings, changes: scenarioChanges, spec: self)
  }
}

/// One thing that varies.
public struct SweepAxis: Sendable {
  /// Name in tables and files.
  public let name: String
  /// The key its values are for; `nil` when they change several.
  public let key: String?
  /// Its values, in the order of the file.
  public let values: [SweepValue]

  /// Names of the values.
  public var labels: [String] { values.map(\.label) }
}

/// One value of an axis.
public struct SweepValue: Sendable {
  /// Name in tables and files, unique on its axis.
  public let label: String
  /// What it changes.
  let changes: [SweepChange]
}

/// What the chart of a sweep shows: positions of axes.
public struct SweepChartSpec: Hashable, Sendable {
  /// The axis from left to right.
  public let x: Int
  /// The axis with a line for each value; `nil` for a single line.
  public let lines: Int?
  /// Whether the axis from left to right is logarithmic.
  public let isLogX: Bool
  /// Whether the throughput is logarithmic.
  public let isLogY: Bool
}

/// One point of a sweep, not yet read as a scenario.
public struct SweepPoint: Sendable {
  /// Its place in the product, last axis fastest.
  public let index: Int
  /// Its place on every axis.
  public let coordinates: [Int]
  /// How its task runs.
  public let settings: SweepSettings
  let changes: [SweepChange]
  let spec: SweepSpec

  /// The scenario of the point.
  ///
  /// - Parameters:
  ///   - catalog: Where names are looked up.
  ///   - parts: What points before this one had in common with it.
  /// - Throws: ``InputError`` with every problem; a value of the sweep is named by its line in the sweep file.
  public func scenario(
    catalog: Catalog = .builtIn, parts: ScenarioParts = ScenarioParts()
  ) throws(InputError) -> Scenario {
    var root = spec.base
    for change in changes { root = try change.applied(to: root) }
    let purpose = spec.task == .search ? ScenarioPurpose.search : .simulation
    return try ScenarioFile.read(
      root, source: spec.source, defaultName: spec.baseName, catalog: catalog, purpose: purpose, parts: parts)
  }
}
