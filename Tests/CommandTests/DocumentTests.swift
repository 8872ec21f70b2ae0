import Foundation
import Testing

@Suite("Documents")
struct DocumentTests {
  static let documents: [String] = {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: Command.root.path)) ?? []
    return names.filter { name in
      name.hasSuffix(".md") && !name.split(separator: "/").contains { $0.hasPrefix(".") }
    }.sorted()
  }()

  /// Links to files of the checkout, from `[text](target)`.
  @Test(arguments: documents)
  func `every link leads to a file`(document: String) throws {
    let url = Command.root.appendingPathComponent(document)
    let text = try String(contentsOf: url, encoding: .utf8)
    for match in text.matches(of: /\]\(([^)#\s]+)/) where !match.1.hasPrefix("http") {
      let target = url.deletingLastPathComponent().appendingPathComponent(String(match.1))
      #expect(FileManager.default.fileExists(atPath: target.path), "\(document): \(match.1)")
    }
  }

  @Test func `the scenario of the README runs`() throws {
    let text = try String(contentsOf: Command.root.appendingPathComponent("README.md"), encoding: .utf8)
    let blocks = text.components(separatedBy: "```yaml\n").dropFirst().compactMap {
      $0.components(separatedBy: "```").first
    }
    let scratch = try ScratchFolder()
    let scenario = try #require(blocks.first { $0.contains("schema_version") })
    let conditions = try #require(blocks.first { $0.contains("conditions") })
    let path = try scratch.write("readme.yaml", Data((scenario + conditions).utf8))
    let outcome = try Command.run(["simulate", path, "--quiet"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  /// One box: replicas and tensor groups meet on its switches. Between boxes a pipeline does not.
  @Test(arguments: Command.scenarios.filter { $0.contains("titanrtx") && !$0.contains("64x") })
  func `sharing the PCIe links of the TITAN RTX box costs time`(scenario: String) throws {
    let ideal = try Command.document(["simulate", scenario, "--json"])
    let shared = try Command.document(["simulate", scenario, "--json", "--network", "shared"])
    let times = [ideal, shared].compactMap { $0["iteration_time_s"] as? Double }
    #expect(times.count == 2 && times[1] > times[0] * 1.02)
    #expect(shared["executor"] as? String == "events")
  }
}
