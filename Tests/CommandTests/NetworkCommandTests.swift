import Foundation
import Testing

/// Shared links, their conditions, and the values that explain them, through the built command.
@Suite("Shared links on the command line")
struct NetworkCommandTests {
  static let titan = "Scenarios/runs/bert-huge-32-titanrtx-8gb.yaml"

  @Test func `shared links are reported as text and as fields`() throws {
    let document = try Command.document(["simulate", Self.titan, "--network", "shared", "--json"])
    let links = try #require(document["links"] as? [[String: Any]])
    let worst = try #require(document["most_contended_link"] as? String)
    #expect(links.contains { $0["name"] as? String == worst })
    for link in links {
      let used = try #require(link["utilization"] as? Double)
      #expect(used >= 0 && used <= 1.000_001)
    }
    let groups = try #require(document["groups"] as? [[String: Any]])
    #expect(groups.contains { ($0["lost_to_sharing_s"] as? Double ?? 0) > 0 && $0["worst_link"] is String })
    let text = try Command.run(["simulate", Self.titan, "--network", "shared"]).output
    #expect(text.contains("most contended link: \(worst)"))
    #expect(text.contains("what groups waited for:"))
  }

  @Test func `with closed forms there are none`() throws {
    let document = try Command.document(["simulate", Self.titan, "--json"])
    #expect(document["links"] is NSNull && document["groups"] is NSNull && document["most_contended_link"] is NSNull)
  }

  @Test func `routes name the links of every hop`() throws {
    let routes = try Command.run(["simulate", Self.titan, "--print", "routes"]).output
    #expect(routes.contains("\t0 to 1\t15.75 GB/s\tnode0.gpu0-pcie0 > node0.pcie0-gpu1"))
    let groups = try Command.run(["simulate", Self.titan, "--print", "groups"]).output
    #expect(groups.contains("tensor 2\t2 ranks on 1 nodes\t0 1"))
    let links = try Command.run(["simulate", Self.titan, "--print", "links"]).output.split(separator: "\n")
    #expect(links.first == "link\tkind\tbandwidth_bytes_per_s\tlatency_s\tbonded\tduplex\tmedium")
    #expect(links.contains { $0.hasPrefix("node0.pcie0-socket0\tpcie\t15750000000.0\t") })
  }

  @Test func `a slow link changes the answer, and the network is shared without asking`() throws {
    let scratch = try ScratchFolder()
    let text = try String(contentsOf: Command.root.appending(path: Self.titan), encoding: .utf8)
    func time(_ conditions: String) throws -> Double {
      let path = scratch.path("scenario.yaml")
      let root = Command.root.path
      let scenario = text.replacingOccurrences(of: "galvatron: ../", with: "galvatron: \(root)/Scenarios/") + conditions
      try scenario.write(toFile: path, atomically: true, encoding: .utf8)
      let document = try Command.document(["simulate", path, "--json"])
      #expect(document["links"] is [Any])
      return try #require(document["iteration_time_s"] as? Double)
    }
    let slow = try time("\nconditions: {slow_links: [{link: node0.pcie0-socket0, speed: 0.5}]}\n")
    let usual = try #require(
      try Command.document(["simulate", Self.titan, "--network", "shared", "--json"])["iteration_time_s"] as? Double)
    #expect(slow > usual)
  }

  @Test(arguments: [
    ("{slow_links: [{link: node0.nonsense, speed: 0.5}]}", "node0.nonsense"),
    ("{slow_links: [{link: node0.pcie0-socket0, speed: 0}]}", "speed"),
    ("{failed_links: [node0.pcie0-socket0, node0.socket0-pcie0]}", "twice"),
    ("{failed_links: [node0.gpu0-pcie0]}", "node0.gpu0-pcie0"),
    ("{failed_links: node0.gpu0-pcie0}", "a list of links"),
  ])
  func `conditions of links that make no sense are bad input`(conditions: String, fragment: String) throws {
    let scratch = try ScratchFolder()
    let path = scratch.path("scenario.yaml")
    let text = """
      schema_version: 1
      model: llama-3.2-1b
      cluster: titan-rtx-8
      job: {global_batch: 8, sequence_length: 512, precision: fp16, micro_batch: 1}
      plan: {tp: 2, dp: 4}
      conditions: \(conditions)

      """
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let outcome = try Command.run(["simulate", path])
    #expect(outcome.status == 65)
    #expect(outcome.errors.contains(fragment), "\(outcome.errors)")
  }

  @Test func `contradictions are refused`() throws {
    #expect(try Command.run(["simulate", Self.titan, "--network", "shared", "--executor", "replay"]).status == 64)
  }

  @Test func `the replay says what it leaves out`() throws {
    let document = try Command.document(["simulate", Self.titan, "--executor", "replay", "--json"])
    let warnings = try #require(document["warnings"] as? [String])
    #expect(warnings.contains { $0.contains("slow each other down") })
    let without = try Command.document([
      "simulate", Self.titan, "--executor", "replay", "--json", "--set", "options.interference=false",
    ])
    #expect((without["warnings"] as? [String])?.contains { $0.contains("slow each other down") } == false)
  }
}
