import ClusterSimulation
import Foundation
import HDF5IO
import Quantities
import Testing

@testable import Export

@Suite("HDF5 traces")
struct HDF5TraceTests {
  /// Writes a result, and lends the file to `body`.
  private func withFile(
    _ run: String, expandRanks: Bool = false, _ body: (borrowing HDF5Group, SimulationResult) throws -> Void
  ) throws {
    let scratch = try Scratch()
    let result = try Sample.simulate(run, expandRanks: expandRanks)
    let path = scratch.path("a.h5")
    try HDF5TraceExporter().write(result, description: Sample.description(run), to: path)
    let file = try HDF5File.open(path)
    try body(file.root, result)
  }

  @Test(arguments: Sample.all)
  func `every task of the trace is a row`(run: String) throws {
    try withFile(run) { root, result in
      let tasks = Sample.tasks(result.trace)
      let events = try root.group("events")
      #expect(try events.dataset("start").read() == tasks.map(\.start.nanoseconds))
      #expect(try events.dataset("duration").read() == tasks.map { ($0.end - $0.start).nanoseconds })
      #expect(try events.dataset("rank").read() == tasks.map { Int32($0.rank) })
      #expect(try events.dataset("stream").read() == tasks.map(\.stream.rawValue))
      #expect(try events.dataset("kind").read() == tasks.map(\.info.kind.rawValue))
      #expect(try events.dataset("microbatch").read() == tasks.map { Int32($0.microBatch) })
      #expect(try events.dataset("peer").read() == tasks.map { Int32($0.peer) })
      #expect(try events.dataset("bytes").read() == tasks.map(\.info.bytes))
      #expect(try events.dataset("flops").read() == tasks.map(\.info.operations))
      let names = try root.dataset("dictionaries/event_name").readTexts()
      let indices = try events.dataset("name").read(Int32.self)
      #expect(indices.map { names[Int($0)] } == tasks.map { result.trace.programs.names[Int($0.info.name)] })
    }
  }

  @Test(arguments: Sample.all)
  func `the last end is the iteration and durations add up to the streams' work`(run: String) throws {
    try withFile(run, expandRanks: run == Sample.pipeline) { root, result in
      let starts = try root.dataset("events/start").read(Int64.self)
      let durations = try root.dataset("events/duration").read(Int64.self)
      #expect(zip(starts, durations).map { $0 + $1 }.max() == result.iterationTime.nanoseconds)
      #expect(try root.dataset("summary/iteration_time").readScalar() == result.iterationTime.nanoseconds)
      let ranks = try root.dataset("rank").read(Int32.self)
      let streams = try root.dataset("events/stream").read(UInt8.self)
      let owners = try root.dataset("events/rank").read(Int32.self)
      let busy = try root.dataset("rank_summary/stream_busy").read(Int64.self)
      for (place, rank) in ranks.enumerated() {
        for stream in StreamKind.allCases {
          let sum = durations.indices.reduce(Int64(0)) {
            owners[$1] == rank && streams[$1] == stream.rawValue ? $0 + durations[$1] : $0
          }
          #expect(sum == busy[place * StreamKind.count + Int(stream.rawValue)])
        }
      }
    }
  }

  @Test(arguments: Sample.all)
  func `the parts of every rank's time add up to the iteration`(run: String) throws {
    try withFile(run) { root, result in
      for table in ["rank_summary", "stage_summary"] {
        let parts = try ["compute", "optimizer", "bubble", "idle", "exposed_total"].map {
          try root.dataset(table + "/" + $0).read(Int64.self)
        }
        for place in parts[0].indices {
          #expect(parts.reduce(0) { $0 + $1[place] } == result.iterationTime.nanoseconds)
        }
      }
    }
  }

  @Test(arguments: Sample.all)
  func `memory changes cumulate to the ledger's peak`(run: String) throws {
    try withFile(run) { root, result in
      let changes = try root.group("memory_changes")
      let owners = try changes.dataset("rank").read(Int32.self)
      let bytes = try changes.dataset("bytes").read(Int64.self)
      let held = try changes.dataset("held").read(Int64.self)
      let peaks = try root.dataset("rank_summary/peak_memory").read(Int64.self)
      for (place, rank) in result.trace.map.globalRanks.enumerated() {
        let peak = MemoryTimeline(trace: result.trace, simulatedRank: place).peak()
        var (sum, highest) = (Int64(0), Int64(0))
        for row in owners.indices where owners[row] == Int32(rank) {
          sum += bytes[row]
          highest = max(highest, sum)
          #expect(held[row] == sum)
        }
        #expect(highest == peak.bytes.count)
        #expect(peaks[place] == highest)
      }
      #expect(try root.dataset("summary/peak_memory").readScalar() == result.peakMemory.count)
    }
  }

  @Test(arguments: Sample.all)
  func `the memory curves keep the peak and add up over categories`(run: String) throws {
    try withFile(run) { root, result in
      let memory = try root.group("memory")
      let shape = try memory.dataset("allocated").shape()
      #expect(shape == [result.trace.map.rankCount, 512])
      let total = try memory.dataset("allocated").read(Int64.self)
      var sum = total.map { _ in Int64(0) }
      for category in MemoryCategory.allCases {
        sum = zip(sum, try memory.dataset(category.name).read(Int64.self)).map { $0 + $1 }
      }
      #expect(sum == total)
      #expect(total.max() == result.peakMemory.count)
      #expect(try memory.attribute("signal") == .text("allocated"))
      let peaks = try memory.dataset("peak").read(Int64.self)
      #expect(peaks.count == result.trace.map.rankCount * MemoryCategory.allCases.count)
      let capacities = try memory.dataset("capacity").read(Int64.self)
      #expect(capacities == Array(repeating: result.setup.memoryCapacity.count, count: result.trace.map.rankCount))
    }
  }

  @Test func `a failure is told with what was held`() throws {
    try withFile(Sample.outOfMemory) { root, result in
      let failure = try #require(result.outOfMemory)
      #expect(try root.dataset("summary/verdict").readScalar() == UInt8(1))
      #expect(try root.dataset("summary/verdict").labels()?.map(\.name) == ["fits", "out_of_memory"])
      #expect(try root.dataset("out_of_memory/task").readText() == failure.task)
      #expect(try root.dataset("out_of_memory/requested").readScalar() == failure.requested.count)
      #expect(try root.dataset("out_of_memory/held").read() == failure.heldByCategory)
      #expect(try root.dataset("rank_summary/oom").read(UInt8.self).contains(1))
    }
  }

  @Test func `a run that fits tells of no failure`() throws {
    try withFile(Sample.pipeline) { root, result in
      let verdict = try root.dataset("summary/verdict").readScalar(UInt8.self)
      let failed = try root.contains("out_of_memory")
      #expect(result.fits && verdict == 0 && !failed)
    }
  }

  @Test func `the file tells where it comes from`() throws {
    let scenario = try Sample.scenario(Sample.pipeline)
    try withFile(Sample.pipeline) { root, result in
      #expect(try root.attribute("Conventions") == .text("galvasim-Result-1.0"))
      #expect(try root.attribute("source") == .text("galvasim 0.0.0"))
      #expect(try root.attribute("input_sha256") == .text(SHA256.hexadecimal(of: scenario.resolvedText)))
      #expect(try root.attribute("seed") == .integer(7))
      #expect(try root.dataset("inputs/scenario").readText() == scenario.resolvedText)
      #expect(try root.dataset("inputs/plan").readText() == scenario.plan.text)
      #expect(try root.dataset("inputs/note").readText() == "as read")
      let cluster = try root.dataset("inputs/cluster").readText()
      #expect(cluster.hasPrefix("{\"name\":") && scenario.resolvedText.contains(cluster))
      #expect(try root.dataset("provenance/warnings").readTexts() == ["first", "second"])
      #expect(try root.dataset("provenance/parameter").readTexts().contains("device.memory_bandwidth"))
      #expect(try root.dataset("summary/cost").readScalar() == 1.5)
      #expect(try root.dataset("summary/cost").attribute("units") == .text("USD"))
      #expect(try root.dataset("summary/fingerprint").readText() == result.trace.fingerprint)
    }
  }

  @Test func `folded ranks say for how many they stand`() throws {
    try withFile(Sample.pipeline) { root, result in
      let represented = try root.dataset("rank_summary/represents").read(Int32.self)
      #expect(represented.reduce(0, +) == 8)
      #expect(try root.dataset("summary/ranks").readScalar() == Int64(8))
    }
    try withFile(Sample.pipeline, expandRanks: true) { root, _ in
      let represented = try root.dataset("rank_summary/represents").read(Int32.self)
      #expect(represented == Array(repeating: 1, count: 8))
      let ranks = try root.dataset("rank").read(Int32.self)
      #expect(ranks == Array(0..<8))
    }
  }

  @Test func `no warnings, no inputs and no JSON still make a file`() throws {
    let scratch = try Scratch()
    let description = TraceDescription(scenarioName: "", toolVersion: "", command: "", resolvedInput: "not JSON")
    try HDF5TraceExporter(gzipLevel: 0).write(
      Sample.simulate(Sample.pipeline), description: description, to: scratch.path("a.h5"))
    let file = try HDF5File.open(scratch.path("a.h5"))
    #expect(try file.root.dataset("provenance/warnings").readTexts() == [])
    #expect(try file.root.group("inputs").children() == ["scenario", "plan"])
  }

  @Test func `a name that is taken is refused`() throws {
    let scratch = try Scratch()
    var description = try Sample.description(Sample.pipeline)
    description.scalars = [.init(name: "mfu", value: 1)]
    #expect(throws: ExportError.self) {
      try HDF5TraceExporter().write(
        Sample.simulate(Sample.pipeline), description: description, to: scratch.path("a.h5"))
    }
    #expect(try scratch.names() == [])
  }
}
