import Foundation
import Testing

@testable import HDF5IO

@Suite("HDF5 damage")
struct DamageTests {
  /// Reads everything that a file names, whatever its type.
  static func readAll(_ path: String) throws(HDF5Error) {
    let file = try HDF5File.open(path)
    try readGroup(file.root)
  }

  private static func readGroup(_ group: borrowing HDF5Group) throws(HDF5Error) {
    for name in try group.attributeNames() { _ = try group.attribute(name) }
    for child in try group.children() {
      switch try group.kind(of: child) {
      case .group: try readGroup(try group.group(child))
      case .datatype: _ = try group.enumeration(child).labels
      case .dataset: try readDataset(try group.dataset(child))
      }
    }
  }

  private static func readDataset(_ dataset: borrowing HDF5Dataset) throws(HDF5Error) {
    for name in try dataset.attributeNames() where name != "DIMENSION_LIST" && name != "REFERENCE_LIST" {
      _ = try dataset.attribute(name)
    }
    _ = try dataset.labels()
    switch try dataset.scalarKind() {
    case .int64: _ = try dataset.read(Int64.self)
    case .int32: _ = try dataset.read(Int32.self)
    case .uint16: _ = try dataset.read(UInt16.self)
    case .uint8: _ = try dataset.read(UInt8.self)
    case .float64: _ = try dataset.read(Double.self)
    case nil: _ = try dataset.readTexts()
    }
  }

  @Test func `the sample itself is sound`() throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"))
    try Self.readAll(scratch.path("a.h5"))
  }

  @Test func `every shorter copy is refused`() throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"), rows: 50, chunkRows: 16)
    let whole = try scratch.bytes("a.h5")
    for length in Array(stride(from: 0, to: whole.count, by: 61)) + [whole.count - 1] {
      try scratch.write("cut.h5", whole.prefix(length))
      #expect(throws: HDF5Error.self, "\(length) bytes") { try Self.readAll(scratch.path("cut.h5")) }
    }
  }

  @Test func `flipped bits give an error or other numbers, never a crash`() throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"), rows: 50, chunkRows: 16)
    let whole = try scratch.bytes("a.h5")
    var state: UInt64 = 20_240_601
    var refused = 0
    for _ in 0..<400 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var copy = whole
      copy[Int(state >> 33) % whole.count] ^= UInt8(1 << ((state >> 8) % 8))
      try scratch.write("flip.h5", copy)
      do throws(HDF5Error) { try Self.readAll(scratch.path("flip.h5")) } catch { refused += 1 }
    }
    #expect(refused > 0)
  }

  @Test func `foreign files, folders and missing files are refused with their path`() throws {
    let scratch = try Scratch()
    try scratch.write("text.h5", Data("no hdf5 at all".utf8))
    for name in ["text.h5", "missing.h5", "."] {
      let path = scratch.path(name)
      let refusal = #expect(throws: HDF5Error.self) { try Self.readAll(path) }
      #expect(refusal?.path == path)
      #expect(refusal?.description.contains("\n") == false)
    }
    let missing = #expect(throws: HDF5Error.self) { try Self.readAll(scratch.path("missing.h5")) }
    #expect(missing?.reason == "No such file or directory")
    #expect(missing?.systemError == ENOENT)
  }

  @Test func `an unwritable path is refused`() throws {
    let refusal = #expect(throws: HDF5Error.self) { try writeSample("/proc/nowhere/a.h5") }
    #expect(refusal?.systemError == ENOENT)
  }

  @Test func `missing objects are errors that name them`() throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"))
    let file = try HDF5File.open(scratch.path("a.h5"))
    let refusal = #expect(throws: HDF5Error.self) { _ = try file.root.dataset("events/nothing").shape() }
    #expect(refusal?.operation == "open /events/nothing")
    #expect(throws: HDF5Error.self) { _ = try file.root.group("names").children() }
    #expect(throws: HDF5Error.self) { _ = try file.root.enumeration("names").labels }
  }
}
