import Foundation
import Hardware
import Quantities
import Testing

@testable import ScenarioIO

@Suite("Tables of measured collectives")
struct CollectiveTableFileTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let good = """
    kind: collective-table
    name: small
    measured: made up for this test
    series:
      - {operation: all-reduce, ranks: 8, nodes: 1, points: [[1024, 30.5], [2048, 31]]}
    """

  private func parse(_ text: String) throws(InputError) -> CollectiveTable {
    try CollectiveTableFile.parse(text, source: SourceFile(name: "table.yaml", directory: nil))
  }

  private func problem(_ text: String) -> String {
    do throws(InputError) {
      _ = try parse(text)
      return "none"
    } catch { return error.description }
  }

  @Test func `a table is read and written back`() throws {
    let table = try parse(Self.good)
    let series = try #require(table.series(.allReduce, ranks: 8, nodes: 1))
    #expect(series.points.map(\.payload.count) == [1024, 2048])
    #expect(series.points[0].time == .microseconds(30.5))
    #expect(try parse(CollectiveTableFile.text(table, notes: ["a note"])) == table)
  }

  @Test func `every shipped table reads`() throws {
    let folder = Self.root.appendingPathComponent("Traces/collectives")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
    #expect(!files.isEmpty)
    for file in files {
      let table = try CollectiveTableFile.load(path: folder.appendingPathComponent(file).path)
      #expect(table.name + ".yaml" == file)
    }
  }

  @Test func `what is wrong is located`() {
    #expect(
      problem(Self.good.replacing("all-reduce", with: "all-redduce")).contains(
        "table.yaml:5:17: series[0].operation: found \"all-redduce\", expected all-reduce"))
    #expect(problem(Self.good.replacing("2048", with: "512")).contains("expected a size above the one before"))
    #expect(problem(Self.good.replacing("31]", with: "0]")).contains("expected microseconds above 0"))
    #expect(problem(Self.good.replacing("nodes: 1", with: "nodes: 9")).contains("at most one node for each rank"))
    #expect(problem(Self.good.replacing("measured:", with: "title:")).contains("found no provenance"))
    let twice = Self.good + "\n  - {operation: all-reduce, ranks: 8, nodes: 1, points: [[1, 1]]}"
    #expect(problem(twice.replacing("\n  - {", with: "\n  - {")).contains("found the operation and group"))
  }

  @Test func `a cluster takes its table from a path or inline`() throws {
    let path = Self.root.appendingPathComponent("Traces/collectives/a100-8-all-reduce.yaml").path
    for value in [
      path, "{name: t, assumed: test, series: [{operation: broadcast, ranks: 2, nodes: 1, points: [[1, 1]]}]}",
    ] {
      let log = ProblemLog()
      let text = "{base: dgx-a100, name: measured, collectives: \(value)}"
      let source = SourceFile(name: "cluster.yaml", directory: ".")
      let node = try SourceDocument.parse(text, source: source).root
      let cluster = ReferenceReader(catalog: .builtIn, log: log).cluster(node, path: "cluster")
      #expect(log.problems.isEmpty)
      #expect(cluster?.measuredCollectives?.series.count == 1)
      #expect(cluster?.with(nodes: 3).measuredCollectives != nil)
    }
  }

  @Test func `a missing table is a missing file`() throws {
    let log = ProblemLog()
    let source = SourceFile(name: "cluster.yaml", directory: ".")
    let node = try SourceDocument.parse("{base: dgx-a100, collectives: no-such.yaml}", source: source).root
    _ = ReferenceReader(catalog: .builtIn, log: log).cluster(node, path: "cluster")
    #expect(log.kind == .missing)
  }

  @Test func `links say how they are driven, all of it or none`() throws {
    let driven = try Catalog.builtIn.link(named: "nvlink4")
    #expect(driven.collectives?.driver?.generation == .hopper)
    #expect(driven.collectives?.inSwitch != nil)
    #expect(try Catalog.builtIn.link(named: "nvlink3").collectives?.inSwitch == nil)
    #expect(try Catalog.builtIn.link(named: "ib-ndr").collectives?.inSwitch == nil)
    #expect(try Catalog.builtIn.link(named: "ib-ndr-sharp").collectives?.inSwitch != nil)
    let text = """
      {name: l, bandwidth: {value: 1GB/s, assumed: a}, latency: {value: 1us, assumed: a},
       efficiency: {value: 1, assumed: a}, collectives: {medium: nvlink, channels: 2}}
      """
    let log = ProblemLog()
    let node = try SourceDocument.parse(text, source: SourceFile(name: "link.yaml", directory: nil)).root
    #expect(HardwareReader(log: log).link(node, path: "") == nil)
    #expect(log.problems.map(\.path) == ["collectives.generation", "collectives.call_overhead"])
  }
}
