import Testing

@testable import HDF5IO

@Suite("HDF5 round trips")
struct RoundTripTests {
  @Test func `numbers of every type come back`() throws {
    try roundTrip([Int64.min, -1, 0, 1, .max])
    try roundTrip([Int32.min, -1, 0, 1, .max])
    try roundTrip([0, 1, 254, 255] as [UInt8])
    try roundTrip([0, 1, 256, .max] as [UInt16])
    try roundTrip([-.infinity, -0.1, 0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity])
    try roundTrip([] as [Int64])
  }

  private func roundTrip<Element: HDF5Scalar & Equatable>(_ values: [Element]) throws {
    let scratch = try Scratch()
    let path = scratch.path("a.h5")
    let file = try HDF5File.create(path)
    try file.root.writeArray("plain", values)
    try file.root.writeArray("packed", values, storage: HDF5Storage(chunkRows: 2))
    var column = try file.root.createColumn("column", of: Element.self, storage: HDF5Storage(chunkRows: 3))
    try column.append(contentsOf: values)
    try column.flush()
    if let first = values.first { try file.root.writeScalar("scalar", first) }
    _ = consume column
    try file.close()

    let copy = try HDF5File.open(path)
    for name in ["plain", "packed", "column"] {
      let dataset = try copy.root.dataset(name)
      #expect(try dataset.read(Element.self) == values)
      #expect(try dataset.shape() == [values.count])
      #expect(try dataset.scalarKind() == Element.hdf5Kind)
    }
    if let first = values.first {
      #expect(try copy.root.dataset("scalar").readScalar(Element.self) == first)
      #expect(try copy.root.dataset("scalar").shape() == [])
    }
  }

  /// Batches of every size around the chunk of 7 rows, with flushes in between.
  @Test(arguments: [1, 6, 7, 8, 20])
  func `columns are the same however the rows arrive`(batch: Int) throws {
    let scratch = try Scratch()
    let rows = (0..<100).map { Int64($0 * $0) }
    let file = try HDF5File.create(scratch.path("a.h5"))
    var column = try file.root.createColumn("c", of: Int64.self, storage: HDF5Storage(chunkRows: 7))
    for start in stride(from: 0, to: rows.count, by: batch) {
      let part = Array(rows[start..<min(start + batch, rows.count)])
      if batch == 1 { try column.append(part[0]) } else { try column.append(contentsOf: part) }
      if start.isMultiple(of: 3) { try column.flush() }
    }
    #expect(column.rowCount == 100)
    try column.flush()
    _ = consume column
    try file.close()
    let copy = try HDF5File.open(scratch.path("a.h5"))
    let read = try copy.root.dataset("c")
    #expect(try read.read() == rows)
    #expect(try read.read(rows: 13..<29) == Array(rows[13..<29]))
    #expect(try read.read(rows: 100..<100) == [] as [Int64])
  }

  @Test func `rows outside the dataset and other types are refused`() throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"))
    let file = try HDF5File.open(scratch.path("a.h5"))
    let start = try file.root.dataset("events/start")
    #expect(throws: HDF5Error.self) { try start.read(rows: 990..<1001, Int64.self) }
    #expect(throws: HDF5Error.self) { try start.read(Double.self) }
    #expect(throws: HDF5Error.self) { try start.readTexts() }
    #expect(throws: HDF5Error.self) { try file.root.dataset("names").read(UInt8.self) }
    #expect(throws: HDF5Error.self) { try file.root.dataset("memory/allocated").read(rows: 0..<1, Int64.self) }
  }

  @Test func `tables keep their shape`() throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"))
    let file = try HDF5File.open(scratch.path("a.h5"))
    let table = try file.root.dataset("/memory/allocated")
    #expect(try table.shape() == [2, 3])
    #expect(try table.read() == [1, 2, 3, 4, 5, 6] as [Int64])
  }

  @Test func `texts come back, also empty and beyond ASCII`() throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"))
    let file = try HDF5File.open(scratch.path("a.h5"))
    #expect(try file.root.dataset("names").readTexts() == ["gemm", "", "ünïcode"])
    #expect(try file.root.dataset("inputs/plan").readText() == "{\"tp\": 8}\nµs and 日本")
  }

  @Test func `a text that would be cut at a zero character is refused`() throws {
    let scratch = try Scratch()
    let file = try HDF5File.create(scratch.path("a.h5"))
    #expect(throws: HDF5Error.self) { try file.root.writeText("t", "a\0b") }
  }

  @Test(arguments: [
    HDF5Attribute.text("ns"), .text(""), .texts(["rank", "time"]), .integer(.min), .integers([3, -4]),
    .bytes([0, 255]), .real(0.1), .reals([1, -2.5]),
  ])
  func `attributes come back`(value: HDF5Attribute) throws {
    let scratch = try Scratch()
    let file = try HDF5File.create(scratch.path("a.h5"))
    try file.root.setAttribute("a", value)
    try file.close()
    let copy = try HDF5File.open(scratch.path("a.h5"))
    #expect(try copy.root.attribute("a") == value)
    #expect(try copy.root.attribute("b") == nil)
    #expect(try copy.root.attributeNames() == ["a"])
  }

  @Test func `enumerations are named types, with their labels as flags too`() throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"))
    let file = try HDF5File.open(scratch.path("a.h5"))
    let kind = try file.root.dataset("events/kind")
    #expect(try kind.hasNamedType())
    #expect(try kind.labels()?.map { $0.name } == ["forward", "backward", "all reduce"])
    #expect(try kind.read(rows: 0..<4) == [0, 1, 2, 0] as [UInt8])
    #expect(try kind.attribute("flag_values") == .bytes([0, 1, 2]))
    #expect(try kind.attribute("flag_meanings") == .text("forward backward all_reduce"))
    #expect(try file.root.enumeration("types/event_kind").labels.count == 3)
    #expect(try file.root.dataset("events/start").labels() == nil)
    #expect(try !file.root.dataset("events/start").hasNamedType())
  }

  @Test func `children are listed in the order of their creation`() throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"))
    let file = try HDF5File.open(scratch.path("a.h5"))
    #expect(try file.root.children() == ["types", "events", "rank", "time", "memory", "inputs", "names"])
    #expect(try file.root.group("events").children() == ["event", "start", "kind"])
    #expect(try file.root.kind(of: "events") == .group)
    #expect(try file.root.kind(of: "rank") == .dataset)
    #expect(try file.root.kind(of: "types/event_kind") == .datatype)
    #expect(try file.root.contains("/events/start"))
    #expect(try !file.root.contains("events/missing"))
    #expect(try !file.root.contains("missing/start"))
  }

  @Test func `a file with a living column does not pretend to be closed`() throws {
    let scratch = try Scratch()
    let file = try HDF5File.create(scratch.path("a.h5"))
    let column = try file.root.createColumn("c", of: Int64.self)
    #expect(column.rowCount == 0)
    var refusal: HDF5Error?
    do throws(HDF5Error) { try file.close() } catch { refusal = error }
    #expect(refusal?.operation == "close /")
    #expect(column.rowCount == 0)
  }
}
