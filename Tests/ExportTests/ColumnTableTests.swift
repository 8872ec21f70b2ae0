import HDF5IO
import Testing

@testable import Export

@Suite("Column tables")
struct ColumnTableTests {
  private static let columns = [
    ColumnDescription("start", .int64, units: "ns", longName: "start of the event"),
    ColumnDescription("rank", .int32, longName: "rank", comment: "-1 = none"),
    ColumnDescription("kind", .enumeration("/types/kind"), longName: "kind of event"),
    ColumnDescription("stream", .uint8, longName: "stream"),
    ColumnDescription("layer", .uint16, longName: "layer"),
    ColumnDescription("flops", .float64, longName: "work"),
    ColumnDescription("name", .int32, longName: "name", dictionary: "/names"),
  ]

  private func batch(_ rows: Range<Int>) -> [ColumnValues] {
    [
      .int64(rows.map { Int64($0) * 10 }), .int32(rows.map { Int32($0) - 1 }),
      .uint8(rows.map { UInt8($0 % 2) }), .uint8(rows.map { UInt8($0 % 5) }),
      .uint16(rows.map { UInt16($0) }), .float64(rows.map { Double($0) / 2 }), .int32(rows.map { _ in 0 }),
    ]
  }

  private func write(_ path: String, batches: [Range<Int>]) throws {
    try AtomicFile.writeHDF5(to: path) { file throws(HDF5Error) in
      try fill(file, batches)
    }
  }

  private func fill(_ file: borrowing HDF5File, _ batches: [Range<Int>]) throws(HDF5Error) {
    var scales = HDF5DimensionScales()
    let types = try file.root.createGroup("types")
    _ = try types.createEnumeration("kind", names: ["F", "B"]).labels
    var table = try ColumnTable(
      "/events", in: file.root, dimension: "event", columns: Self.columns,
      storage: HDF5Storage(chunkRows: 16, gzipLevel: 1), scales: &scales)
    for rows in batches { try table.append(batch(rows)) }
    try table.flush()
    try scales.write(into: file.root)
  }

  @Test func `every column comes back with what describes it`() throws {
    let scratch = try Scratch()
    try write(scratch.path("a.h5"), batches: [0..<20, 20..<20, 20..<41])
    let file = try HDF5File.open(scratch.path("a.h5"))
    let events = try file.root.group("events")
    #expect(try events.children() == ["event", "start", "rank", "kind", "stream", "layer", "flops", "name"])
    let rows = 0..<41
    #expect(try events.dataset("event").read() == rows.map { Int64($0) })
    #expect(try events.dataset("start").read() == rows.map { Int64($0) * 10 })
    #expect(try events.dataset("rank").read() == rows.map { Int32($0) - 1 })
    #expect(try events.dataset("kind").read() == rows.map { UInt8($0 % 2) })
    #expect(try events.dataset("layer").read() == rows.map { UInt16($0) })
    #expect(try events.dataset("flops").read() == rows.map { Double($0) / 2 })
    #expect(try events.dataset("kind").labels()?.map { $0.name } == ["F", "B"])
    #expect(try events.dataset("start").attribute("units") == .text("ns"))
    #expect(try events.dataset("start").attribute("long_name") == .text("start of the event"))
    #expect(try events.dataset("rank").attribute("comment") == .text("-1 = none"))
    #expect(try events.dataset("name").attribute("dictionary") == .text("/names"))
    #expect(try events.dataset("event").attribute("CLASS") == .text("DIMENSION_SCALE"))
  }

  @Test func `a table without rows is readable`() throws {
    let scratch = try Scratch()
    try write(scratch.path("a.h5"), batches: [])
    let file = try HDF5File.open(scratch.path("a.h5"))
    #expect(try file.root.dataset("events/start").read() == [] as [Int64])
  }
}
