import Foundation
import Hardware
import Quantities
import Testing

@testable import ScenarioIO

@Suite("Import of nccl-tests")
struct CollectiveTableImportTests {
  /// Where the shared fixtures lie beside the checkout; `nil` without them.
  static let fixtures: String? = {
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let candidate = folder.appendingPathComponent("shared/data/fixtures").path
      if FileManager.default.fileExists(atPath: candidate) { return candidate }
    }
    return nil
  }()

  /// An older print of two nodes, each line labelled by its task, no name of the collective, no redop and root.
  static let old = """
    0: # NCCL version 2.18.3+cuda12.2
    0: #  Rank  0 Pid   4242 on     east device  0 [0x19] NVIDIA A100
    0: #  Rank  1 Pid   4243 on     west device  0 [0x19] NVIDIA A100
    0: #       size         count      type   time   algbw   busbw error     time   algbw   busbw  error
    0: #        (B)    (elements)             (us)  (GB/s)  (GB/s)           (us)  (GB/s)  (GB/s)
    0: east:4242 NCCL INFO something else
    0:            0             0     float   1.00    0.00    0.00   N/A     1.00    0.00    0.00   N/A
    0:         1024           256     float    N/A     N/A     N/A   N/A    30.06    0.03    0.06   N/A
    0:         2048           512     float 1.2e+05    0.1     0.1     2      9.0    0.1     0.1      0
    """

  private func load(
    _ texts: [String: String], operation: CollectiveTable.Operation? = nil
  ) throws -> CollectiveTableImport.Reading {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    return try CollectiveTableImport.load(paths: [folder.path], operation: operation, name: "t")
  }

  private func problems(_ text: String, operation: CollectiveTable.Operation? = .allGather) -> [InputProblem] {
    do {
      _ = try load(["run.txt": text], operation: operation)
      return []
    } catch let error as InputError { return error.problems } catch { return [] }
  }

  @Test(.enabled(if: fixtures != nil), arguments: ["txt", "json"])
  func `text and JSON of the same run give the same table`(ending: String) throws {
    let folder = try #require(Self.fixtures)
    let path = "\(folder)/nccl_tests_all_reduce_8gpu_synthetic.\(ending)"
    let reading = try CollectiveTableImport.load(paths: [path], operation: nil, name: "t")
    let series = try #require(reading.table.series(.allReduce, ranks: 8, nodes: 1))
    #expect(series.points.count == 24)
    #expect(series.points.first?.payload == Bytes(1024))
    #expect(series.points.last?.payload == Bytes(8_589_934_592))
    let last = try #require(series.points.last?.time.value)
    #expect(abs(last / 32013.8e-6 - 1) < 1e-5)
    #expect(reading.table.provenance.source.contains("NCCL 23007 on NVIDIA H100 80GB HBM3"))
  }

  @Test func `an old print on two nodes is read by its header`() throws {
    let reading = try load(["run.log": Self.old], operation: .allGather)
    let series = try #require(reading.table.series(.allGather, ranks: 2, nodes: 2))
    #expect(series.points.map(\.time) == [.microseconds(30.06), .microseconds(120_000)])
    #expect(
      reading.notes == [
        "run.log: all-gather, 2 ranks on 2 nodes, 2 sizes, out-of-place times, 1 in-place where those are missing",
        "run.log: left out 1 sizes without a time", "run.log: 1 sizes had wrong results; their times are used",
      ])
  }

  @Test func `of a size measured twice the least counts`() throws {
    let slow = Self.old.replacing("30.06", with: "20")
    let reading = try load(["a.txt": Self.old, "b.txt": slow, "notes.md": "other"], operation: .allGather)
    let series = try #require(reading.table.series(.allGather, ranks: 2, nodes: 2))
    #expect(series.points.first?.time == .microseconds(20))
    #expect(reading.table.provenance.source.hasSuffix("a.txt, b.txt"))
  }

  @Test func `errors name the line`() {
    let bad = Self.old.replacing("1.2e+05", with: "soon")
    #expect(problems(bad).map(\.line) == [9])
    #expect(problems(bad).first?.message == "found \"soon\" as time")
    let short = Self.old.replacing("9.0    0.1     0.1      0", with: "9.0")
    #expect(problems(short).first?.message == "found 8 columns")
    #expect(problems(Self.old, operation: nil).first?.advice == "say which it was with --operation")
    let reduce = "# Collective test starting: reduce_perf\n" + Self.old
    #expect(problems(reduce).map(\.line) == [1])
    #expect(problems(Self.old.replacing("Rank", with: "Task")).first?.message == "found 0 ranks")
    #expect(problems("# nothing\n").first?.message == "found 0 ranks")
    #expect(problems("{\"results\": 3}").isEmpty == false)
    #expect(problems("{\"other\": 3}").first?.path == "results")
  }

  @Test func `a missing file and an empty folder are errors`() throws {
    #expect(throws: InputError.self) {
      try CollectiveTableImport.load(paths: ["/no/such/file.txt"], operation: nil, name: "t")
    }
    #expect(throws: InputError.self) { try load([:]) }
  }
}
