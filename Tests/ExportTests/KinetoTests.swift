import Foundation
import Testing

@testable import Export

@Suite("Kineto folders")
struct KinetoTests {
  private func write(to path: String) throws {
    let result = try Sample.simulate(Sample.pipeline)
    try KinetoExporter().write(result, description: Sample.description(Sample.pipeline), to: path)
  }

  @Test func `equal results give equal folders with one trace per rank`() throws {
    let scratch = try Scratch()
    for name in ["a", "b/"] { try write(to: scratch.path(name)) }
    #expect(try scratch.names() == ["a", "b"])
    let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path("a")).sorted()
    #expect(files == ["rank0.pt.trace.json.gz", "rank4.pt.trace.json.gz"])
    #expect(FileManager.default.contentsEqual(atPath: scratch.path("a"), andPath: scratch.path("b")))
  }

  @Test func `an older folder of traces is replaced, ranks it had besides are gone`() throws {
    let scratch = try Scratch()
    let folder = scratch.folder.appending(path: "a")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data().write(to: folder.appending(path: "rank9.pt.trace.json.gz"))
    try write(to: scratch.path("a"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    #expect(try scratch.names() == ["a"])
  }

  @Test func `a folder with anything else in it is refused and stays`() throws {
    let scratch = try Scratch()
    let folder = scratch.folder.appending(path: "a")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data().write(to: folder.appending(path: "summary.json"))
    #expect(throws: ExportError.folderInUse(path: scratch.path("a"), by: "summary.json")) {
      try write(to: scratch.path("a"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["summary.json"])
    #expect(try scratch.names() == ["a"])
  }

  @Test func `a folder that cannot be made is refused`() throws {
    let scratch = try Scratch()
    let path = scratch.path("missing/a")
    #expect(throws: ExportError.cannotWrite(path: path, reason: "No such file or directory")) { try write(to: path) }
    try Data().write(to: scratch.folder.appending(path: "file"))
    #expect(throws: ExportError.notAFolder(path: scratch.path("file"))) { try write(to: scratch.path("file/")) }
  }

  @Test func `a path that ends in a slash means a folder`() throws {
    #expect(try ExporterCatalog.timelineExporter(forPath: "a/").name == "kineto")
    #expect(try ExporterCatalog.timelineExporter(forPath: "a.json.gz", choice: TimelineChoice()).name == "chrome")
    #expect(throws: ExportError.notATimeline(path: "a.h5")) {
      _ = try ExporterCatalog.timelineExporter(forPath: "a.h5", choice: TimelineChoice())
    }
  }
}
