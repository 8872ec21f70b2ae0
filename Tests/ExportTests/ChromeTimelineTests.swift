import ClusterSimulation
import Foundation
import Quantities
import Testing

@testable import Export

@Suite("Chrome timelines")
struct ChromeTimelineTests {
  /// One event as JSON has it.
  private typealias Event = [String: Any]

  /// A track of the viewer.
  private struct Track: Hashable {
    let process: Int
    let thread: Int
  }

  private func events(
    _ result: SimulationResult, _ exporter: ChromeTimelineExporter = ChromeTimelineExporter()
  ) throws -> (events: [Event], warnings: [String]) {
    let scratch = try Scratch()
    let description = try Sample.description(Sample.pipeline)
    let warnings = try exporter.write(result, description: description, to: scratch.path("a.json"))
    let data = try Data(contentsOf: scratch.folder.appending(path: "a.json"))
    let document = try #require(try JSONSerialization.jsonObject(with: data) as? Event)
    return (try #require(document["traceEvents"] as? [Event]), warnings)
  }

  private func phase(_ events: [Event], _ letter: String) -> [Event] { events.filter { $0["ph"] as? String == letter } }

  private func track(_ event: Event) throws -> Track {
    Track(process: try #require(event["pid"] as? Int), thread: try #require(event["tid"] as? Int))
  }

  /// A time in nanoseconds; the file has microseconds with three decimals.
  private func time(_ event: Event, _ key: String = "ts") throws -> Int64 {
    Int64((try #require(event[key] as? Double) * 1000).rounded())
  }

  @Test(arguments: Sample.all)
  func `every task is a slice`(run: String) throws {
    let result = try Sample.simulate(run)
    let slices = phase(try events(result).events, "X")
    let tasks = Sample.tasks(result.trace).filter { $0.info.kind != .marker }
    #expect(slices.count == tasks.count)
    for (slice, task) in zip(slices, tasks) {
      #expect(try time(slice) == task.start.nanoseconds)
      #expect(try time(slice, "dur") == (task.end - task.start).nanoseconds)
      #expect(slice["name"] as? String == task.info.kind.name)
      #expect(slice["pid"] as? Int == task.rank)
      let details = try #require(slice["args"] as? Event)
      #expect(details["name"] as? String == result.trace.programs.names[Int(task.info.name)])
      #expect(details["layer"] as? Int == (task.info.layer >= 0 ? Int(task.info.layer) : nil))
    }
  }

  @Test(arguments: Sample.all, [false, true])
  func `slices of a track do not overlap`(run: String, expandRanks: Bool) throws {
    guard run != Sample.outOfMemory || !expandRanks else { return }
    let slices = phase(try events(Sample.simulate(run, expandRanks: expandRanks)).events, "X")
    var ends: [Track: Int64] = [:]
    for slice in slices {
      let (track, start) = (try track(slice), try time(slice))
      #expect(start >= ends[track] ?? 0)
      ends[track] = start + (try time(slice, "dur"))
    }
  }

  @Test(arguments: [false, true])
  func `arrows lead from sends to receives`(expandRanks: Bool) throws {
    let result = try Sample.simulate(Sample.pipeline, expandRanks: expandRanks)
    let events = try events(result).events
    let (starts, ends) = (phase(events, "s"), phase(events, "f"))
    let receives = Sample.tasks(result.trace).filter { $0.info.kind == .receive }
    #expect(!receives.isEmpty && starts.count == receives.count && ends.count == receives.count)
    var slices: [String: String] = [:]
    for slice in phase(events, "X") {
      let track = try track(slice)
      slices["\(track.process) \(track.thread) \(try time(slice))"] = slice["name"] as? String
    }
    for (start, end) in zip(starts, ends) {
      #expect(start["id"] as? Int == end["id"] as? Int)
      #expect(try time(start) <= time(end))
      let (from, to) = (try track(start), try track(end))
      #expect(slices["\(from.process) \(from.thread) \(try time(start))"] == "send")
      #expect(slices["\(to.process) \(to.thread) \(try time(end))"] == "receive")
    }
    #expect(Set(starts.compactMap { $0["id"] as? Int }).count == starts.count)
  }

  @Test func `the memory counter reaches the peak and stands beside the capacity`() throws {
    let result = try Sample.simulate(Sample.pipeline)
    let counters = phase(try events(result).events, "C")
    for (place, rank) in result.trace.map.globalRanks.enumerated() {
      let own = counters.filter { $0["pid"] as? Int == rank }
      let sums = own.filter { $0["name"] as? String == "memory GB" }.compactMap {
        ($0["args"] as? [String: Double])?.values.reduce(0, +)
      }
      let peak = MemoryTimeline(trace: result.trace, simulatedRank: place).peak()
      #expect(abs((sums.max() ?? 0) - Double(peak.bytes.count) / 1e9) < 1e-9)
      let capacity = own.filter { $0["name"] as? String == "capacity GB" }
      #expect(capacity.count == 2)
      for event in capacity {
        let value = (event["args"] as? [String: Double])?["capacity GB"]
        #expect(value == Double(result.setup.memoryCapacity.count) / 1e9)
      }
    }
  }

  @Test func `processes are named and sorted by stage`() throws {
    let result = try Sample.simulate(Sample.pipeline)
    let metadata = phase(try events(result).events, "M")
    let names = metadata.filter { $0["name"] as? String == "process_name" }
      .compactMap { ($0["args"] as? Event)?["name"] as? String }
    #expect(names == ["stage 0 · rank 0 · node0 (x4 ranks)", "stage 1 · rank 4 · node0 (x4 ranks)"])
    let places = metadata.filter { $0["name"] as? String == "process_sort_index" }
      .compactMap { ($0["args"] as? Event)?["sort_index"] as? Int }
    #expect(places == [0, 1])
    let threads = metadata.filter { $0["name"] as? String == "thread_name" }
      .compactMap { ($0["args"] as? Event)?["name"] as? String }
    #expect(threads.contains("compute") && threads.contains("pipeline_receive") && !threads.contains("expert"))
  }

  @Test func `a failure is a line over all tracks`() throws {
    let result = try Sample.simulate(Sample.outOfMemory)
    let instants = phase(try events(result).events, "i")
    #expect(instants.count == 1)
    #expect(instants.first?["name"] as? String == result.outOfMemory.map { "OOM rank \($0.rank)" })
    #expect(instants.first?["s"] as? String == "g")
    #expect(phase(try events(Sample.simulate(Sample.pipeline)).events, "i").isEmpty)
  }

  @Test func `chosen ranks are shown alone, with arrows among them only`() throws {
    let result = try Sample.simulate(Sample.pipeline, expandRanks: true)
    let (events, warnings) = try events(result, ChromeTimelineExporter(TimelineChoice(ranks: [1, 2, 5])))
    #expect(warnings.isEmpty)
    #expect(Set(events.compactMap { $0["pid"] as? Int }) == [1, 2, 5])
    let arrows = phase(events, "s").count
    // Ranks 1 and 5 hold the two stages of one replica; rank 2 has its partner 6 outside.
    let between = Sample.tasks(result.trace).filter { $0.info.kind == .receive && [1, 5].contains($0.rank) }
    #expect(arrows == between.count && arrows == phase(events, "f").count)
  }

  @Test func `ranks that were not simulated are refused`() throws {
    let result = try Sample.simulate(Sample.pipeline)
    #expect(throws: ExportError.ranksNotSimulated([3], simulated: [0, 4])) {
      _ = try events(result, ChromeTimelineExporter(TimelineChoice(ranks: [0, 3])))
    }
  }

  @Test func `a limit leaves out whole ranks with a warning`() throws {
    let result = try Sample.simulate(Sample.pipeline, expandRanks: true)
    let perRank = result.trace.map.firstRows[1]
    let (limited, warnings) = try events(result, ChromeTimelineExporter(TimelineChoice(maximumSlices: 2 * perRank)))
    let markers = Sample.tasks(result.trace).count { $0.info.kind == .marker && $0.row < 2 * perRank }
    #expect(phase(limited, "X").count == 2 * perRank - markers)
    #expect(Set(limited.compactMap { $0["pid"] as? Int }) == [0, 1])
    #expect(warnings.count == 1 && warnings[0].contains("2 of 8 ranks"))
    let (cut, more) = try events(result, ChromeTimelineExporter(TimelineChoice(maximumSlices: 10)))
    #expect(phase(cut, "X").count == 10 && more.count == 1)
  }
}
