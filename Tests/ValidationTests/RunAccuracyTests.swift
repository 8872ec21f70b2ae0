import Foundation
import GalvaSim
import Testing

/// A fixed sample of published training runs, where the measurements lie beside the checkout. `make validate` takes all.
@Suite("Accuracy of runs", .enabled(if: measuredFile("e2e_vtrain_a100.csv") != nil))
struct RunAccuracyTests {
  /// The tables of runs, sorted.
  static let files: [String] = {
    guard let first = measuredFile("e2e_vtrain_a100.csv") else { return [] }
    let folder = URL(fileURLWithPath: first).deletingLastPathComponent()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasPrefix("e2e_") && $0.hasSuffix(".csv") }.sorted()
      .map { folder.appendingPathComponent($0).path }
  }()

  @Test func `one row in forty stays within the bounds of samples`() throws {
    let validation = try RunValidation(paths: Self.files, jobs: 2, sample: 40)
    let bounds = PublishedRunTests.root.appendingPathComponent("Scenarios/validation/sample-tolerances.csv")
    let violations = try RunTolerances.load(path: bounds.path).violations(of: validation)
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    #expect(validation.rows.allSatisfy { $0.predictedTime != nil || $0.skippedReason != nil })
  }

  @Test func `the bounds of all runs can be read`() throws {
    let bounds = PublishedRunTests.root.appendingPathComponent("Scenarios/validation/tolerances.csv")
    _ = try RunTolerances.load(path: bounds.path)
  }
}
