import ClusterSimulation
import Foundation
import Testing

@testable import Export

/// What every exporter must do; a new one is tested by standing in the catalogue.
@Suite("Exporters")
struct ExporterConformance {
  private static let extensions = [
    "h5", "hdf5", "pftrace", "perfetto-trace", "json", "json.gz", "csv", "csv.gz", "pickle",
  ]
  private static let names = ExporterCatalog.all.map(\.name)

  private func exporter(_ name: String) throws -> any Exporter {
    try #require(ExporterCatalog.exporter(named: name))
  }

  @Test func `names and extensions are used once`() {
    #expect(Set(Self.names).count == Self.names.count)
    let extensions = ExporterCatalog.all.flatMap(\.fileExtensions)
    #expect(Set(extensions).count == extensions.count)
    #expect(extensions.allSatisfy { $0 == $0.lowercased() && !$0.hasPrefix(".") && !$0.isEmpty })
    #expect(ExporterCatalog.all.allSatisfy { !$0.summary.isEmpty && !$0.fileExtensions.isEmpty })
  }

  @Test(arguments: names)
  func `an exporter is found by each of its extensions`(name: String) throws {
    for suffix in try exporter(name).fileExtensions {
      #expect(try ExporterCatalog.exporter(forPath: "folder/a.b." + suffix).name == name)
      #expect(try ExporterCatalog.exporter(forPath: "A." + suffix.uppercased()).name == name)
    }
  }

  @Test(arguments: names, Sample.all)
  func `equal results give equal bytes`(name: String, run: String) throws {
    let scratch = try Scratch()
    let exporter = try exporter(name)
    let description = try Sample.description(run)
    for file in ["a", "b"] {
      let warnings = try exporter.write(Sample.simulate(run), description: description, to: scratch.path(file))
      #expect(warnings.isEmpty)
    }
    #expect(try Data(contentsOf: scratch.folder.appending(path: "a")).count > 1000)
    #expect(FileManager.default.contentsEqual(atPath: scratch.path("a"), andPath: scratch.path("b")))
    #expect(try scratch.names() == ["a", "b"])
  }

  @Test(arguments: names)
  func `a path that cannot be written is refused and nothing is left`(name: String) throws {
    let scratch = try Scratch()
    let result = try Sample.simulate(Sample.pipeline)
    let path = scratch.path("missing/a")
    #expect(throws: ExportError.cannotWrite(path: path, reason: "No such file or directory")) {
      try exporter(name).write(result, description: Sample.description(Sample.pipeline), to: path)
    }
    #expect(try scratch.names() == [])
  }

  @Test func `an unknown extension is refused with those there are`() {
    #expect(throws: ExportError.unknownFormat(path: "a.txt", known: Self.extensions)) {
      try ExporterCatalog.exporter(forPath: "a.txt")
    }
    #expect(throws: ExportError.unknownFormat(path: "json", known: Self.extensions)) {
      try ExporterCatalog.exporter(forPath: "json")
    }
    let text = ExportError.unknownFormat(path: "a.txt", known: ["h5", "json"]).description
    #expect(text == "a.txt: no format has this extension; use one of .h5, .json")
  }

  @Test func `formats that are not compressed are refused with a way out`() {
    #expect(throws: ExportError.compressed(path: "a.h5.gz")) {
      try ExporterCatalog.exporter(forPath: "a.h5.gz")
    }
    #expect(ExportError.compressed(path: "a.h5.gz").description.contains("leave out .gz"))
  }
}
