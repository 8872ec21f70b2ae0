import Foundation
import Testing

@testable import Export

@Suite("Files of results")
struct ResultFileTests {
  private static let table = DataTable(columns: [
    .init("name", .texts(["a, b", "say \"c\"", ""]), longName: "a name"),
    .init("count", .integers([1, nil, -7]), units: "1", longName: "a count"),
    .init("rate", .reals([0.1, nil, 1e-300]), units: "s-1", longName: "a rate"),
  ])

  private static func file(_ points: [Int64], spec: String = "{}", rates: [Double?]? = nil) -> ResultFile {
    let table = DataTable(columns: [
      .init("rate", .reals(rates ?? points.map { Double($0) / 3 }), units: "s-1", longName: "a rate")
    ])
    return ResultFile(title: "test", toolVersion: "1", spec: spec, pointCount: 6, points: points, table: table)
  }

  @Test func `comma-separated text quotes what needs it and leaves missing values empty`() {
    #expect(Self.table.commaSeparatedText == "name,count,rate\n\"a, b\",1,0.1\n\"say \"\"c\"\"\",,\n,-7,1e-300\n")
  }

  @Test func `what is written is read back, and equal content gives equal bytes`() throws {
    let folder = try Scratch()
    let file = ResultFile(
      title: "test", toolVersion: "1", spec: "{\"a\":1}", pointCount: 10, points: [0, 4, 9], table: Self.table)
    try file.write(to: folder.path("a.h5"))
    try file.write(to: folder.path("b.h5"))
    #expect(try ResultFile.read(folder.path("a.h5")) == file)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder.path("a.h5")))
        == Data(contentsOf: URL(fileURLWithPath: folder.path("b.h5"))))
  }

  @Test func `a file without rows is one too`() throws {
    let folder = try Scratch()
    let file = Self.file([])
    try file.write(to: folder.path("a.h5"))
    #expect(try ResultFile.read(folder.path("a.h5")).points.isEmpty)
  }

  @Test func `a missing file and another kind of file are told apart`() throws {
    let folder = try Scratch()
    #expect(throws: ResultFileError.self) { try ResultFile.read(folder.path("none.h5")) }
    do throws(ResultFileError) { _ = try ResultFile.read(folder.path("none.h5")) } catch { #expect(error.isMissing) }
    try Data("text".utf8).write(to: URL(fileURLWithPath: folder.path("text.h5")))
    do throws(ResultFileError) { _ = try ResultFile.read(folder.path("text.h5")) } catch { #expect(!error.isMissing) }
  }

  @Test func `parts are put together in the order of the points`() throws {
    let merged = try ResultFile.merged([Self.file([1, 3, 5]), Self.file([0, 2, 4]), Self.file([2, 3])])
    #expect(merged == Self.file([0, 1, 2, 3, 4, 5]))
  }

  @Test func `parts of other sweeps and contradictions are refused`() {
    #expect(throws: ResultFile.MergeError.otherSweep(1)) {
      try ResultFile.merged([Self.file([0]), Self.file([1], spec: "[]")])
    }
    #expect(throws: ResultFile.MergeError.contradiction(1, point: 2)) {
      try ResultFile.merged([Self.file([2]), Self.file([2], rates: [9])])
    }
  }
}

@Suite("Journals of lines")
struct LineJournalTests {
  @Test func `lines are kept in order, one that was cut off is not`() throws {
    let folder = try Scratch()
    let journal = try LineJournal(path: folder.path("j"), lines: ["first"])
    try journal.append("second")
    #expect(LineJournal.lines(of: folder.path("j")) == ["first", "second"])
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("j")))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("thi".utf8))
    try handle.close()
    #expect(LineJournal.lines(of: folder.path("j")) == ["first", "second"])
    let next = try LineJournal(path: folder.path("j"), lines: ["first", "second"])
    try next.append("third")
    #expect(LineJournal.lines(of: folder.path("j")) == ["first", "second", "third"])
    next.remove()
    #expect(LineJournal.lines(of: folder.path("j")) == nil)
  }

  @Test func `a folder that does not exist is an error`() throws {
    let folder = try Scratch()
    #expect(throws: ExportError.self) { try LineJournal(path: folder.path("none/j"), lines: []) }
  }
}
