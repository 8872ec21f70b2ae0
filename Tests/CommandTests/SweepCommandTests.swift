import Foundation
import GalvaSim
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("galvasim sweep")
struct SweepCommandTests {
  @Test func `a sweep prints a document and writes its files`() throws {
    let folder = try ScratchFolder()
    let spec = try folder.write("tiny.yaml", Data(SampleSweeps.simulate.utf8))
    let result = try Command.run([
      "sweep", spec, "--json", "--out", folder.path("a.h5"), "--csv", folder.path("a.csv"), "--svg",
      folder.path("a.svg"),
    ])
    #expect(result.status == 0 && result.errors.isEmpty)
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    for key in ["schema_version", "tool_version", "sweep", "task", "axes", "counts", "points", "best"] {
      #expect(document[key] != nil, "\(key)")
    }
    #expect((document["points"] as? [[String: Any]])?.count == 12)
    #expect(folder.names == ["a.csv", "a.h5", "a.svg", "tiny.yaml"])
    #expect(XMLParser(data: try Data(contentsOf: folder.url.appendingPathComponent("a.svg"))).parse())
  }

  @Test func `shards are merged, and a merged file is a finished run`() throws {
    let folder = try ScratchFolder()
    let spec = try folder.write("tiny.yaml", Data(SampleSweeps.simulate.utf8))
    let parts = ["1/2", "2/2"].map { folder.path("part\($0.prefix(1)).h5") }
    for (shard, part) in zip(["1/2", "2/2"], parts) {
      #expect(try Command.run(["sweep", spec, "--shard", shard, "--out", part]).status == 0)
    }
    let merge = try Command.run(["merge"] + parts + ["--out", folder.path("all.h5")])
    #expect(merge.output == "tiny: 12 of 12 points from 2 files\n")
    let again = try Command.run(["sweep", spec, "--resume", "--out", folder.path("all.h5")])
    #expect(again.output == (try Command.run(["sweep", spec]).output))
  }

  @Test func `what makes no sense is refused`() throws {
    let folder = try ScratchFolder()
    let spec = try folder.write("tiny.yaml", Data(SampleSweeps.simulate.utf8))
    for arguments in [["--jobs", "0"], ["--shard", "3/2"], ["--shard", "0/2"], ["--shard", "x"], ["--resume"]] {
      #expect(try Command.run(["sweep", spec] + arguments).status == 64, "\(arguments)")
    }
    #expect(try Command.run(["sweep", folder.path("none.yaml")]).status == 66)
    #expect(try Command.run(["merge", folder.path("none.h5"), "--out", folder.path("a.h5")]).status == 66)
    #expect(try Command.run(["merge", spec, "--out", folder.path("a.h5")]).status == 65)
    #expect(try Command.run(["sweep", spec, "--out", folder.path("none/a.h5")]).status == 74)
    let bad = try folder.write(
      "bad.yaml", Data(SampleSweeps.simulate.replacingOccurrences(of: "model: gpt2", with: "model: gpt3").utf8))
    let result = try Command.run(["sweep", bad])
    #expect(result.status == 65)
    #expect(result.output.contains("failed (12): ") && result.output.contains("did you mean \"gpt2\"?"))
  }

  @Test func `the shipped sweeps can be read and every scenario in them too`() throws {
    let folder = Command.root.appendingPathComponent("Scenarios/sweeps")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
    #expect(names.count >= 2)
    for name in names {
      let spec = try SweepFile.load(path: folder.appendingPathComponent(name).path, vocabulary: .known)
      var seen: Set<Int> = []
      var usable = 0
      for point in 0..<spec.pointCount where seen.insert(spec.pricingNumber(of: point)).inserted {
        if (try? spec.point(point).scenario()) != nil { usable += 1 }
      }
      #expect(usable * 2 > seen.count, "\(name)")
    }
  }
}
