import Hardware
import Quantities
import Testing

@testable import ScenarioIO

@Suite("Conditions of a scenario")
struct ConditionsReaderTests {
  private func scenario(_ rest: String, cluster: String? = nil) throws -> Scenario {
    let text = cluster.map { Sample.scenario(cluster: $0, rest: rest) } ?? Sample.scenario(rest: rest)
    return try ScenarioFile.parse(
      text, source: SourceFile(name: "test.yaml", directory: nil), catalog: Sample.catalog)
  }

  @Test func `without a section all ranks are alike`() throws {
    #expect(try scenario("").conditions.isUniform)
  }

  @Test func `every condition is read`() throws {
    let conditions = try scenario(
      """
      conditions:
        slow_gpus: [{rank: 1, speed: 0.8}]
        stragglers: [{rank: 0, from: 0, until: 1.5ms, speed: 0.5}]
        jitter: {distribution: lognormal, deviation: 0.05}
      """
    ).conditions
    #expect(conditions.slowDevices == [Conditions.SlowDevice(rank: 1, speed: 0.8)])
    #expect(
      conditions.stragglers == [
        Conditions.Straggler(rank: 0, from: .zero, until: SimTime(nanoseconds: 1_500_000), speed: 0.5)
      ])
    #expect(conditions.jitter == .lognormal(deviation: 0.05))
  }

  @Test func `a measured histogram is read`() throws {
    let jitter = try scenario("conditions: {jitter: {histogram: [[0.9, 1], [1.1, 3]]}}").conditions.jitter
    #expect(jitter == .histogram([.init(factor: 0.9, weight: 1), .init(factor: 1.1, weight: 3)]))
  }

  @Test func `what was read stands in the resolved scenario`() throws {
    let resolved = try scenario("conditions: {slow_gpus: [{rank: 1, speed: 0.5}]}").resolvedText
    #expect(resolved.contains("\"conditions\":{\"slow_gpus\":[{\"rank\":1,\"speed\":0.5}]}"))
  }
}
