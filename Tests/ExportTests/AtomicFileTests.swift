import Foundation
import HDF5IO
import Testing

@testable import Export

/// A folder of its own for one test, removed afterwards.
struct Scratch: ~Copyable {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "export-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
}

@Suite("Atomic files")
struct AtomicFileTests {
  @Test func `the name appears only at the commit`() throws {
    let scratch = try Scratch()
    var file = try OutputFile(path: scratch.path("a.txt"))
    file.buffer.append("hello")
    #expect(try scratch.names() == ["a.txt.part"])
    try file.commit()
    #expect(try scratch.names() == ["a.txt"])
    #expect(try scratch.text("a.txt") == "hello")
  }

  @Test func `without a commit the old file stays and no part is left`() throws {
    let scratch = try Scratch()
    try "old".write(toFile: scratch.path("a.txt"), atomically: false, encoding: .utf8)
    do {
      var file = try OutputFile(path: scratch.path("a.txt"))
      file.buffer.append("new")
      #expect(try scratch.names() == ["a.txt", "a.txt.part"])
    }
    #expect(try scratch.names() == ["a.txt"])
    #expect(try scratch.text("a.txt") == "old")
  }

  @Test func `a missing folder and a folder of that name are refused`() throws {
    let scratch = try Scratch()
    #expect(throws: ExportError.cannotWrite(path: scratch.path("no/a"), reason: "No such file or directory")) {
      _ = try AtomicFile(path: scratch.path("no/a")).partPath
    }
    #expect(throws: ExportError.notAFile(path: scratch.folder.path)) {
      _ = try AtomicFile(path: scratch.folder.path).partPath
    }
    #expect(throws: ExportError.notAFile(path: "/dev/null")) { _ = try AtomicFile(path: "/dev/null").partPath }
    #expect(try scratch.names() == [])
  }

  @Test func `a symbolic link keeps pointing at the replaced file`() throws {
    let scratch = try Scratch()
    try "old".write(toFile: scratch.path("real"), atomically: false, encoding: .utf8)
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("link"), withDestinationPath: scratch.path("real"))
    var file = try OutputFile(path: scratch.path("link"))
    file.buffer.append("new")
    try file.commit()
    #expect(try scratch.text("real") == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch.path("link")) == scratch.path("real"))
  }

  @Test func `an HDF5 file is written completely or not at all`() throws {
    let scratch = try Scratch()
    try AtomicFile.writeHDF5(to: scratch.path("a.h5")) { file throws(HDF5Error) in
      try file.root.writeScalar("answer", Int64(42))
    }
    #expect(try scratch.names() == ["a.h5"])
    #expect(throws: ExportError.self) {
      try AtomicFile.writeHDF5(to: scratch.path("b.h5")) { file throws(HDF5Error) in
        _ = try file.root.dataset("missing").shape()
      }
    }
    #expect(try scratch.names() == ["a.h5"])
  }

  @Test func `a full disk is told apart`() {
    let refusal = HDF5Error(operation: "write /", path: "a.part", reason: "No space left", systemError: ENOSPC)
    #expect(ExportError(refusal, path: "a") == .diskFull(path: "a"))
    #expect(ExportError(path: "a", systemError: ENOSPC) == .diskFull(path: "a"))
    #expect(ExportError(path: "a", systemError: EACCES) == .cannotWrite(path: "a", reason: "Permission denied"))
  }

  @Test func `more bytes than the buffer holds arrive in order`() throws {
    let scratch = try Scratch()
    var file = try OutputFile(path: scratch.path("a.txt"))
    for number in 0..<200_000 {
      file.buffer.append(decimal: Int64(number))
      file.buffer.append("\n")
      try file.drainWhenLarge()
    }
    try file.commit()
    #expect(try scratch.text("a.txt") == (0..<200_000).map { "\($0)\n" }.joined())
  }
}
