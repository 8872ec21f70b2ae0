import Parallelism
import Testing

@testable import ScenarioIO

@Suite("JSON Schemas")
struct SchemaTests {
  private func schema(_ kind: String) throws -> DocumentNode {
    let text = try #require(Catalog.builtIn.schema(kind))
    return try SourceDocument.parse(text, source: SourceFile(name: kind, directory: nil)).root
  }

  private func properties(_ node: DocumentNode?) -> [String] { node?["properties"]?.entries.map(\.key) ?? [] }

  @Test func `every kind of file has a schema`() {
    #expect(Catalog.builtIn.schemaKinds == ["cluster", "device", "link", "model", "scenario", "sweep"])
    #expect(Catalog.builtIn.schema("nonsense") == nil)
  }

  @Test func `the schema of a scenario has the keys its reader knows, at every level`() throws {
    let root = try schema("scenario")
    let definitions = root["$defs"]
    #expect(properties(root) == KeySet.scenario.all)
    #expect(properties(root["properties"]?["costs"]) == KeySet.costs.all)
    let sections: [(String, KeySet)] = [
      ("job", .job), ("plan", .plan), ("options", .options), ("strategy", .strategy),
      ("counted_strategy", .countedStrategy), ("cluster", .cluster), ("cluster_reference", .clusterReference),
      ("device", .device), ("link", .link), ("curve", .curve), ("collective_table", .collectiveTable),
    ]
    for (name, keys) in sections { #expect(properties(definitions?[name]) == keys.all, "\(name)") }
  }

  @Test func `the schemas of the catalogue have the keys their readers know`() throws {
    let device = try schema("device")
    #expect(properties(device) == KeySet.device.all)
    #expect(properties(device["properties"]?["peak"]) == KeySet.peak.all)
    #expect(properties(device["properties"]?["memory_capacity"]) == KeySet.evidence.all)
    #expect(properties(device["$defs"]?["curve"]) == KeySet.curve.all)
    let link = try schema("link")
    #expect(properties(link) == KeySet.link.all)
    #expect(properties(link["properties"]?["collectives"]) == KeySet.linkCollectives.all)
    let series = try schema("cluster")["$defs"]?["collective_table"]?["properties"]?["series"]
    #expect(properties(series?["items"]) == KeySet.collectiveSeries.all)
    #expect(properties(try schema("cluster")) == KeySet.cluster.all)
    #expect(properties(try schema("model")) == KeySet.model.all)
  }

  @Test(arguments: ["cluster", "scenario"])
  func `the schemas of layouts have the keys their readers know`(kind: String) throws {
    let definitions = try schema(kind)["$defs"]
    let sections: [(String, KeySet)] = [
      ("layout", .layout), ("layout_node", .layoutNode), ("root_port", .rootPort), ("layout_fabric", .layoutFabric),
      ("graph", .graph), ("graph_vertex", .graphVertex), ("graph_link", .graphLink),
    ]
    for (name, keys) in sections { #expect(properties(definitions?[name]) == keys.all, "\(name)") }
  }

  @Test func `the schema of a sweep has the keys its reader knows`() throws {
    let root = try schema("sweep")
    #expect(properties(root) == KeySet.sweep.all)
    let sections: [(String, KeySet)] = [
      ("axis", .sweepAxis), ("variant", .sweepVariant), ("simulate", .sweepSimulate), ("search", .sweepSearch),
      ("table", .sweepTable), ("chart", .sweepChart),
    ]
    for (name, keys) in sections { #expect(properties(root["$defs"]?[name]) == keys.all, "\(name)") }
  }

  @Test func `the schema names every framework`() throws {
    let options = try schema("scenario")["$defs"]?["options"] ?? schema("scenario")["properties"]?["options"]
    let names = options?["properties"]?["framework"]?["enum"]?.items.compactMap(\.text)
    #expect(names == FrameworkCatalog.all.map(\.name))
  }

  @Test func `every property of every schema is described`() throws {
    for kind in Catalog.builtIn.schemaKinds {
      func check(_ node: DocumentNode, _ path: String) {
        for entry in node["properties"]?.entries ?? [] {
          #expect(entry.value["description"] != nil, "\(path).\(entry.key)")
          check(entry.value, "\(path).\(entry.key)")
        }
        for entry in node["$defs"]?.entries ?? [] { check(entry.value, "\(path).\(entry.key)") }
      }
      check(try schema(kind), kind)
    }
  }
}
