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
    let small = Self.scenarios.filter { !$0.hasPrefix("gpt3-175b-1024") }
    let inTurn = try small.map(Self.outputs)
    let together = try await withThrowingTaskGroup(of: (Int, [Data]).self) { group in
      for (index, scenario) in small.enumerated() { group.addTask { (index, try Self.outputs(scenario)) } }
      return try await group.reduce(into: [Int: [Data]]()) { $0[$1.0] = $1.1 }
    }
    for index in small.indices { #expect(together[index] == inTurn[index], "\(small[index])") }
  }

  /// The JSON document, the trace and the timeline of a scenario, byte by byte.
  static func outputs(_ scenario: String) throws -> [Data] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try run(scenario)
    let files = ["trace.h5", "timeline.json"].map { folder.appendingPathComponent($0) }
    _ = try run.exportTrace(to: files[0].path, command: scenario, seed: 0)
    _ = try run.exportTimeline(to: files[1].path, command: scenario, seed: 0)
    return [Data(run.document.compactText.utf8)] + (try files.map { try Data(contentsOf: $0) })
  }
}
