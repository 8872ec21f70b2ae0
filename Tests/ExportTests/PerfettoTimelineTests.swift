import ClusterSimulation
import Foundation
import Hardware
import Quantities
import Testing

@testable import Export

@Suite("Perfetto timelines")
struct PerfettoTimelineTests {
  /// A slice put together from its two events.
  private struct Slice {
    var track: UInt64
    var name: UInt64
    var start: Int64
    var end: Int64
    var flows: [UInt64]
    var lastFlows: [UInt64]
  }

  /// What a reader makes of the packets.
  private struct Timeline {
    var slices: [Slice] = []
    /// Names of tracks from the top down.
    var paths: [UInt64: [String]] = [:]
    var instants: [(track: UInt64, name: String, time: Int64)] = []
    var counters: [UInt64: [(time: Int64, value: UInt64)]] = [:]

    init(_ data: Data) throws {
      let trace = try #require(ProtobufMessage(data))
      var open: [UInt64: Int] = [:]
      for packet in trace.messages(1) {
        #expect(packet.number(10) == 1)
        for descriptor in packet.messages(60) {
          let parent = descriptor.number(5).map { paths[$0] ?? ["missing parent"] } ?? []
          paths[try #require(descriptor.number(1))] = parent + [try #require(descriptor.text(2))]
        }
        for event in packet.messages(11) {
          let (track, time) = (try #require(event.number(11)), Int64(try #require(packet.number(8))))
          #expect(paths[track] != nil)
          switch event.number(9) {
          case 1:
            open[track] = slices.count
            slices.append(
              Slice(
                track: track, name: try #require(event.number(10)), start: time, end: -1, flows: event.numbers(47),
                lastFlows: []))
          case 2:
            let found = open.removeValue(forKey: track)
            let index = try #require(found)
            slices[index].end = time
            slices[index].lastFlows = event.numbers(48)
          case 3: instants.append((track, try #require(event.text(23)), time))
          default: counters[track, default: []].append((time, event.number(30) ?? event.number(44) ?? 0))
          }
        }
      }
      #expect(open.isEmpty)
    }
  }

  private func timeline(
    _ result: SimulationResult, _ exporter: PerfettoExporter = PerfettoExporter()
  ) throws -> Timeline {
    let scratch = try Scratch()
    let description = try Sample.description(Sample.pipeline)
    #expect(try exporter.write(result, description: description, to: scratch.path("a.pftrace")).isEmpty)
    return try Timeline(Data(contentsOf: scratch.folder.appending(path: "a.pftrace")))
  }

  @Test(arguments: Sample.all)
  func `every task is a slice on the track of its stream`(run: String) throws {
    let result = try Sample.simulate(run)
    let timeline = try timeline(result)
    let tasks = Sample.tasks(result.trace).filter { $0.info.kind != .marker }
    #expect(timeline.slices.count == tasks.count)
    for (slice, task) in zip(timeline.slices, tasks) {
      #expect(slice.start == task.start.nanoseconds && slice.end == task.end.nanoseconds)
      #expect(slice.name == UInt64(task.info.kind.rawValue) + 1)
      let path = try #require(timeline.paths[slice.track])
      #expect(path.count == 4 && path[3] == task.stream.name && path[2].hasPrefix("rank \(task.rank) "))
      #expect(path[1] == "node \(result.setup.cluster.node(ofRank: task.rank))")
    }
  }

  @Test(arguments: [false, true])
  func `every receive ends the arrow of its send`(expandRanks: Bool) throws {
    let result = try Sample.simulate(Sample.pipeline, expandRanks: expandRanks)
    let timeline = try timeline(result)
    let sends = Dictionary(
      timeline.slices.filter { $0.name == UInt64(TaskKind.send.rawValue) + 1 }.map { ($0.flows, $0) },
      uniquingKeysWith: { first, _ in first })
    let receives = timeline.slices.filter { $0.name == UInt64(TaskKind.receive.rawValue) + 1 }
    #expect(!receives.isEmpty && sends.count == receives.count)
    for receive in receives {
      let send = try #require(sends[receive.lastFlows])
      #expect(send.start < receive.end && send.start <= receive.start)
    }
  }

  @Test func `members of a collective share an arrow and begin together`() throws {
    let timeline = try timeline(Sample.simulate(Sample.pipeline, expandRanks: true))
    let joined = Dictionary(
      grouping: timeline.slices.filter { !$0.flows.isEmpty && $0.name != UInt64(TaskKind.send.rawValue) + 1 },
      by: \.flows)
    #expect(joined.count > 10)
    for members in joined.values {
      #expect([2, 4].contains(members.count))
      #expect(Set(members.map(\.start)).count == 1 && Set(members.map(\.track)).count == members.count)
    }
  }

  @Test func `the counter of a rank reaches its peak beside the capacity`() throws {
    let result = try Sample.simulate(Sample.pipeline)
    let timeline = try timeline(result)
    for (place, rank) in result.trace.map.globalRanks.enumerated() {
      let own = timeline.counters.filter { timeline.paths[$0.key]?[2].hasPrefix("rank \(rank) ") ?? false }
      let held = try #require(own.first { timeline.paths[$0.key]?.last == "held" }?.value)
      #expect(held.map(\.value).max() == UInt64(result.trace.memoryPeak(ofSimulatedRank: place).bytes.count))
      let capacity = try #require(own.first { timeline.paths[$0.key]?.last == "capacity" }?.value)
      #expect(capacity.map(\.value) == [UInt64](repeating: UInt64(result.setup.memoryCapacity.count), count: 2))
    }
  }

  @Test func `a failure stands on the cluster and on its rank`() throws {
    let result = try Sample.simulate(Sample.outOfMemory)
    let failure = try #require(result.outOfMemory)
    let timeline = try timeline(result)
    #expect(timeline.instants.count == 2)
    for instant in timeline.instants {
      #expect(instant.name.hasPrefix("OOM rank \(failure.rank): ") && instant.time == failure.time.nanoseconds)
    }
    #expect(timeline.instants.map { timeline.paths[$0.track]?.count } == [2, 3])
  }

  @Test func `conditions are marked when they set in`() {
    var conditions = Conditions()
    conditions.slowDevices = [.init(rank: 5, speed: 0.8)]
    conditions.stragglers = [
      .init(rank: 3, from: SimTime(nanoseconds: 10), until: SimTime(nanoseconds: 20), speed: 0.5)
    ]
    conditions.failedLinks = ["leaf0-spine3"]
    let faults = conditions.timelineFaults
    #expect(faults.map(\.time) == [0, 10, 20, 0] && faults.map(\.rank) == [5, 3, 3, -1])
    #expect(faults.map(\.text).contains("link leaf0-spine3 failed"))
  }

  @Test func `a window shows what runs in it, whole`() throws {
    let result = try Sample.simulate(Sample.pipeline)
    let window: Range<Int64> = 200_000_000..<300_000_000
    let timeline = try timeline(result, PerfettoExporter(TimelineChoice(ranks: [4], window: window)))
    let tasks = Sample.tasks(result.trace).filter {
      $0.rank == 4 && $0.info.kind != .marker && $0.start.nanoseconds < window.upperBound
        && $0.end.nanoseconds > window.lowerBound
    }
    #expect(!tasks.isEmpty && timeline.slices.map(\.start) == tasks.map(\.start.nanoseconds))
    for values in timeline.counters.values {
      #expect(values.first?.time == window.lowerBound)
      #expect(values.allSatisfy { $0.time <= window.upperBound })
    }
  }
}
