import Foundation

@testable import HDF5IO

/// A folder of its own for one test, removed afterwards.
struct Scratch: ~Copyable {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "hdf5-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func bytes(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }

  func write(_ name: String, _ bytes: Data) throws { try bytes.write(to: folder.appending(path: name)) }
}

/// A file with one of everything, the way a trace has it.
func writeSample(_ path: String, rows: Int = 1000, chunkRows: Int = 256) throws(HDF5Error) {
  let file = try HDF5File.create(path)
  try file.root.setAttribute("title", .text("sample of everything"))
  let types = try file.root.createGroup("types")
  let kind = try types.createEnumeration("event_kind", names: ["forward", "backward", "all reduce"])
  var scales = HDF5DimensionScales()
  try writeEvents(file.root, kind, rows: rows, chunkRows: chunkRows, &scales)
  try writeMemory(file.root, &scales)
  try writeTexts(file.root)
  try scales.write(into: file.root)
  try types.closeNow()
  try kind.closeNow()
  try file.close()
}

private func writeEvents(
  _ root: borrowing HDF5Group, _ kind: borrowing HDF5Enumeration, rows: Int, chunkRows: Int,
  _ scales: inout HDF5DimensionScales
) throws(HDF5Error) {
  let events = try root.createGroup("events")
  let storage = HDF5Storage(chunkRows: chunkRows)
  var index = try events.createColumn("event", of: Int64.self, storage: storage)
  var start = try events.createColumn("start", of: Int64.self, storage: storage)
  var kinds = try events.createColumn("kind", of: kind, storage: storage)
  try start.setAttribute("units", .text("ns"))
  for row in 0..<rows {
    try index.append(Int64(row))
    try start.append(Int64(row) * 1_000_003)
    try kinds.append(UInt8(row % 3))
  }
  try index.flush()
  try start.flush()
  try kinds.flush()
  scales.declare("/events/event")
  for name in ["start", "kind"] { scales.attach(["/events/event"], to: "/events/" + name) }
}

private func writeMemory(_ root: borrowing HDF5Group, _ scales: inout HDF5DimensionScales) throws(HDF5Error) {
  try root.writeArray("rank", [0, 1] as [Int32])
  try root.writeArray("time", [0, 10, 20] as [Int64])
  let memory = try root.createGroup("memory")
  let values: [Int64] = [1, 2, 3, 4, 5, 6]
  let table = try memory.writeMatrix("allocated", values, rows: 2, columns: 3, storage: HDF5Storage(chunkRows: 4))
  try table.setAttribute("units", .text("byte"))
  scales.attach(["/rank", "/time"], to: "/memory/allocated")
}

private func writeTexts(_ root: borrowing HDF5Group) throws(HDF5Error) {
  let inputs = try root.createGroup("inputs")
  try inputs.writeText("plan", "{\"tp\": 8}\nµs and 日本")
  try root.writeTexts("names", ["gemm", "", "ünïcode"])
}

extension HDF5Group {
  consuming func closeNow() throws(HDF5Error) {}
}

extension HDF5Enumeration {
  consuming func closeNow() throws(HDF5Error) {}
}

/// The python of the checkout's virtual environment, where there is one with h5py.
enum Python {
  static let checkout = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static var interpreter: URL { checkout.appending(path: ".venv/bin/python3") }

  static func has(_ modules: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: interpreter.path) && (try? run("import \(modules)")) != nil
  }

  /// Runs a script and returns what it printed; a failing script is an error with what it complained about.
  static func run(_ script: String, _ arguments: [String] = []) throws -> String {
    let process = Process()
    process.executableURL = interpreter
    process.arguments = ["-c", script] + arguments
    let (output, complaint) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = complaint
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let problem = complaint.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(text: String(decoding: problem, as: UTF8.self)) }
    return String(decoding: text, as: UTF8.self)
  }

  struct Failure: Error {
    let text: String
  }
}
