import Foundation
import Synchronization
import Testing

@testable import GalvaSim

/// Counts up to a number of points and then says stop.
final class StopAfter: Sendable {
  private let left: Mutex<Int>

  init(_ points: Int) { left = Mutex(points) }

  var isReached: Bool { left.withLock { $0 <= 0 } }

  func count() { left.withLock { $0 -= 1 } }
}

@Suite("Sweeps")
struct SweepRunTests {
  private func run(
    _ text: String, jobs: Int = 1, shard: (index: Int, count: Int) = (1, 1), out: String? = nil,
    resumes: Bool = false, stopAfter: Int = .max
  ) throws -> SweepRun {
    var options = SweepOptions()
    options.jobs = jobs
    options.shard = shard
    options.out = out
    options.resumes = resumes
    let stop = StopAfter(stopAfter)
    options.isCancelled = { stop.isReached }
    options.progress = { _, _ in stop.count() }
    return try SweepRun(SampleSweeps.spec(text), options: options)
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test func `every point is a row: fits, out of memory, failed with its reason`() throws {
    let run = try run(SampleSweeps.simulate)
    let results = run.results.compactMap { $0 }
    #expect(results.count == 12)
    // A micro-batch of 3 on 8 replicas divides no batch of 16.
    let failed = results.filter { $0.verdict == .failed }
    #expect(failed.count == 4)
    #expect(failed.allSatisfy { $0.reason.contains("tiny.yaml:9:") && $0.samplesPerSecond == nil })
    #expect(results.filter { $0.verdict == .outOfMemory }.allSatisfy { !$0.reason.isEmpty && $0.iterationTime == nil })
    #expect(results.filter { $0.verdict == .fits }.allSatisfy { $0.iterationTime ?? 0 > 0 && !$0.planText.isEmpty })
    #expect(run.count(.outOfMemory) > 0 && run.count(.fits) > 0)
  }

  @Test func `a point has the result that its scenario has alone`() throws {
    let run = try run(SampleSweeps.simulate)
    let point = run.spec.point(6)
    let alone = PointResult(try ScenarioRun(point.scenario()))
    #expect(run.results[6] == alone)
    #expect(alone.verdict == .fits)
  }

  @Test func `a search has the result that it has alone, whatever memory limits are searched beside it`() throws {
    let text = SampleSweeps.search.replacingOccurrences(of: "evaluator: analytic", with: "evaluator: simulated")
      .replacingOccurrences(of: "[2GiB, 20GiB]", with: "[2GiB, 12apples, 20GiB]")
    let run = try run(text)
    #expect(run.count(.failed) == 6)
    for index in [0, 2, 3, 5, 12, 14, 17] {
      let point = run.spec.point(index)
      let alone = PointResult(try SearchRun(point.scenario(), options: point.settings.searchOptions))
      #expect(run.results[index] == alone, "\(index)")
    }
  }

  @Test func `files do not depend on the number of jobs`() throws {
    let folder = try ScratchFolder()
    for text in [SampleSweeps.simulate, SampleSweeps.search] {
      let one = try run(text, out: folder.path("1.h5"))
      for jobs in [2, 5] {
        let many = try run(text, jobs: jobs, out: folder.path("\(jobs).h5"))
        #expect(try bytes(folder.path("\(jobs).h5")) == bytes(folder.path("1.h5")))
        #expect(many.text == one.text && many.document == one.document && many.chart == one.chart)
      }
    }
    #expect(folder.names == ["1.h5", "2.h5", "5.h5"])
  }

  @Test(arguments: [1, 2], [1, 5, 11])
  func `an interrupted and resumed run gives the same bytes`(jobs: Int, points: Int) throws {
    let folder = try ScratchFolder()
    _ = try run(SampleSweeps.simulate, out: folder.path("whole.h5"))
    let out = folder.path("resumed.h5")
    let first = try run(SampleSweeps.simulate, jobs: jobs, out: out, stopAfter: points)
    #expect(!first.isComplete && first.finished.count >= min(points, 11) - jobs)
    #expect(folder.names == ["resumed.h5.partial", "whole.h5"])
    let second = try run(SampleSweeps.simulate, jobs: jobs, out: out, resumes: true)
    #expect(second.isComplete)
    #expect(try bytes(out) == bytes(folder.path("whole.h5")))
    #expect(folder.names == ["resumed.h5", "whole.h5"])
  }

  @Test(arguments: [
    "", "{\"point\":7,\"verd", "{\"point\":7}\n", "\u{0}\u{0}\n", "{\"point\":99,\"verdict\":\"fits\"}\n",
  ])
  func `a damaged end of the journal costs its points only`(damage: String) throws {
    let folder = try ScratchFolder()
    _ = try run(SampleSweeps.simulate, out: folder.path("whole.h5"))
    let out = folder.path("resumed.h5")
    _ = try run(SampleSweeps.simulate, out: out, stopAfter: 5)
    let journal = try String(contentsOfFile: out + ".partial", encoding: .utf8)
    try (journal + damage).write(toFile: out + ".partial", atomically: false, encoding: .utf8)
    _ = try run(SampleSweeps.simulate, out: out, resumes: true)
    #expect(try bytes(out) == bytes(folder.path("whole.h5")))
  }

  @Test func `a journal cut anywhere resumes to the same bytes`() throws {
    let folder = try ScratchFolder()
    _ = try run(SampleSweeps.simulate, out: folder.path("whole.h5"))
    let out = folder.path("resumed.h5")
    _ = try run(SampleSweeps.simulate, out: out, stopAfter: 9)
    let journal = try bytes(out + ".partial")
    let header = (journal.firstIndex(of: 0x0A) ?? 0) + 1
    for length in stride(from: header, through: journal.count, by: 701) {
      try journal.prefix(length).write(to: URL(fileURLWithPath: out + ".partial"))
      try? FileManager.default.removeItem(atPath: out)
      _ = try run(SampleSweeps.simulate, out: out, resumes: true)
      #expect(try bytes(out) == bytes(folder.path("whole.h5")))
    }
  }

  @Test func `merged shards give the bytes of the whole`() throws {
    let folder = try ScratchFolder()
    _ = try run(SampleSweeps.search, out: folder.path("whole.h5"))
    let parts = (1...5).map { folder.path("part\($0).h5") }
    for (index, part) in parts.enumerated() { _ = try run(SampleSweeps.search, shard: (index + 1, 5), out: part) }
    let merged = try SweepMerge(paths: parts.reversed())
    try merged.write(to: folder.path("merged.h5"))
    #expect(try bytes(folder.path("merged.h5")) == bytes(folder.path("whole.h5")))
    #expect(merged.text == "methods: 12 of 12 points from 5 files\n")
    // The merged file is as good as a finished run.
    let again = try run(SampleSweeps.search, out: folder.path("merged.h5"), resumes: true, stopAfter: 1)
    #expect(again.isComplete)
  }

  @Test func `results of another sweep are refused, a journal is never overwritten`() throws {
    let folder = try ScratchFolder()
    let out = folder.path("a.h5")
    _ = try run(SampleSweeps.simulate, out: out)
    #expect(throws: InputError.self) { try run(SampleSweeps.search, out: out, resumes: true) }
    _ = try run(SampleSweeps.simulate, out: folder.path("b.h5"), stopAfter: 3)
    #expect(throws: InputError.self) { try run(SampleSweeps.simulate, out: folder.path("b.h5")) }
    #expect(throws: InputError.self) { try run(SampleSweeps.search, out: folder.path("b.h5"), resumes: true) }
    _ = try run(SampleSweeps.search, out: folder.path("c.h5"))
    #expect(throws: InputError.self) { try SweepMerge(paths: [out, folder.path("c.h5")]) }
  }

  @Test func `results survive the way through a journal and a table`() throws {
    for result in try run(SampleSweeps.search).results.compactMap({ $0 }) + [.failure("a\nb \"c\" \u{7}")] {
      #expect(PointResult(.object(result.fields)) == result)
      #expect(DataTable(columns: DataTable.columns([result])).results == [result])
    }
    #expect(PointResult(["verdict": "perhaps"]) == nil)
    #expect(PointResult(["verdict": "fits"]) == nil)
  }
}
