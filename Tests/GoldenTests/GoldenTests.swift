import Foundation
import GalvaSim
import Testing

/// What a scenario gave when it was recorded.
struct Golden: Codable, Hashable {
  /// `fits` or `out_of_memory`.
  var verdict: String
  /// End of the last task in nanoseconds.
  var iterationNanoseconds: Int64
  /// Highest memory of any rank in bytes, context included.
  var peakBytes: Int64
  /// Digest of the start and end of every task.
  var fingerprint: String

  /// What a run gives now.
  init(_ run: ScenarioRun) {
    verdict = run.result.fits ? "fits" : "out_of_memory"
    iterationNanoseconds = run.result.iterationTime.nanoseconds
    peakBytes = run.result.peakMemory.count
    fingerprint = run.result.trace.fingerprint
  }
}

/// Every shipped scenario against its recorded result: any change of behaviour shows here and is committed with it.
///
/// Run with `GALVASIM_RECORD=1` to write new records; the tests then fail on purpose, so that a recording run is never
/// mistaken for a passing one.
@Suite("Golden runs")
struct GoldenTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let records = root.appendingPathComponent("Tests/GoldenTests/Golden")
  static let scenarios: [String] = {
    let folder = root.appendingPathComponent("Scenarios/runs").path
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  static func run(_ scenario: String) throws -> ScenarioRun {
    var options = RunOptions()
    options.findsFixes = false
    return try ScenarioRun(
      try ScenarioFile.load(path: root.appendingPathComponent("Scenarios/runs/\(scenario)").path), options: options)
  }

  @Test(arguments: scenarios)
  func `a scenario gives what was recorded`(scenario: String) throws {
    let now = Golden(try Self.run(scenario))
    let record = Self.records.appendingPathComponent(scenario.replacing(".yaml", with: ".json"))
    if ProcessInfo.processInfo.environment["GALVASIM_RECORD"] != nil {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try (try encoder.encode(now) + Data("\n".utf8)).write(to: record)
      Issue.record("recorded \(scenario)")
      return
    }
    let recorded = try JSONDecoder().decode(Golden.self, from: try Data(contentsOf: record))
    #expect(now == recorded)
  }

  @Test func `every record belongs to a scenario`() throws {
    let records = try FileManager.default.contentsOfDirectory(atPath: Self.records.path)
    #expect(Set(records) == Set(Self.scenarios.map { $0.replacing(".yaml", with: ".json") }))
  }

  /// One thread runs the scenarios in turn, then as many threads as the machine has run them at once.
  @Test func `results do not depend on the number of threads`() async throws {
    let small = Self.scenarios.filter { !$0.hasPrefix("gpt3") }
    let inTurn = try small.map { try Self.run($0).document.compactText }
    let together = try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for (index, scenario) in small.enumerated() {
        group.addTask { (index, try Self.run(scenario).document.compactText) }
      }
      return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
    }
    #expect(small.indices.allSatisfy { together[$0] == inTurn[$0] })
  }
}
