import Foundation
import GalvaSim
import Testing

/// Shipped scenarios against what was published of the runs they describe.
@Suite("Published runs")
struct PublishedRunTests {
  /// The folder of the package.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func run(_ scenario: String) throws -> ScenarioRun {
    try ScenarioRun(
      try ScenarioFile.load(path: root.appendingPathComponent("Scenarios/runs/\(scenario).yaml").path))
  }

  /// Narayanan et al. 2021 (arXiv 2104.04473), section 5.1: 140 TFLOP/s per GPU for GPT-3 175B on 1,024 A100, counted by
  /// their equation 3 with the recomputed forward pass: 96 B L s h^2 (1 + s/6h + V/16Lh) = 96 * 1536 * 96 * 2048 * 12288^2
  /// * (1 + 0.02778 + 0.00271) = 4.511e18 operations, hence 4.511e18 / (1024 * 140e12) = 31.5 s an iteration.
  @Test func `GPT-3 175B on 1,024 A100 is within 25 percent of the published throughput`() throws {
    let run = try Self.run("gpt3-175b-1024xa100")
    let published = 4.511e18 / (1024 * 140e12)
    let ratio = published / run.result.iterationTime.seconds.value
    #expect(
      ratio > 0.75 && ratio < 1.25, "predicted \(run.result.iterationTime.seconds.value) s, published \(published) s")
    #expect(run.result.fits)
  }

  /// Grattafiori et al. 2024 (arXiv 2407.21783), table 4: 400 TFLOP/s per GPU in BF16 for Llama 3 405B on 16,384 H100 with
  /// TP 8, CP 1, PP 16, DP 128 and sequence length 8,192.
  @Test func `Llama 3 405B on 16,384 H100 is within 10 percent of the published rate`() throws {
    let run = try Self.run("llama3-405b-16384xh100")
    let ratio = run.result.modelRatePerRank.teraflops / 400
    #expect(ratio > 0.9 && ratio < 1.1, "predicted \(run.result.modelRatePerRank.teraflops) TFLOP/s")
  }
}
