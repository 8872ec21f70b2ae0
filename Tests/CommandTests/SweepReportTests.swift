import Foundation
import Testing

@testable import GalvaSim

@Suite("Reports of sweeps")
struct SweepReportTests {
  /// A sweep whose results are made up: limits 8 and 16, plans a, b and c, batches 1 and 2.
  private func run(rest: String, _ speeds: [Double?]) throws -> SweepRun {
    let text = """
      schema_version: 1
      name: made-up
      task: simulate
      scenario: {schema_version: 1}
      axes:
        - {name: memory, key: options.memory_limit, values: [8GiB, 16GiB]}
        - {name: plan, key: plan.text, values: [a, b, c]}
        - {name: batch, key: job.global_batch, values: [1, 2]}
      \(rest)
      """
    let results = speeds.map { speed -> PointResult in
      guard let speed else { return PointResult(verdict: .outOfMemory, reason: "no room") }
      if speed < 0 { return .failure("bad input") }
      return PointResult(
        verdict: .fits, iterationTime: 1 / speed, samplesPerSecond: speed, peakReserved: 3 << 30, capacity: 8 << 30,
        globalBatch: 1, microBatches: 1, planSummary: "tp2")
    }
    return SweepRun(spec: try SampleSweeps.spec(text), results: results, wanted: Array(speeds.indices))
  }

  private static let speeds: [Double?] = [1, 2, -1, nil, nil, -1, 5, 5, 7, 6, -1, -1]

  @Test func `the best is the fastest that fits, the first of equals`() throws {
    let run = try run(rest: "best_over: [plan, batch]", Self.speeds)
    #expect(run.reduced.map(\.best) == [1, 8])
    let byPlan = try self.run(rest: "best_over: [batch]", Self.speeds)
    // Where nothing fits, running out of memory says more than bad input.
    #expect(byPlan.reduced.map(\.best) == [1, 3, 4, 6, 8, 10])
    #expect(byPlan.reduced.map(\.coordinates) == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]])
    guard case .list(let best)? = byPlan.document["best"] else { throw CancellationError() }
    #expect(best.count == 6)
  }

  @Test func `a table marks the fastest of each column`() throws {
    let run = try run(rest: "best_over: [batch]\ntable: {rows: plan, columns: memory}", Self.speeds)
    #expect(
      run.text == """
        made-up: 12 of 12 points, simulate; the best over batch

        samples/s
        plan  8GiB    16GiB
        ----  -----  -------
        a     2.00*    5.00
        b      OOM     7.00*
        c      OOM   failed
        * the fastest of its column

        6 fit, 2 out of memory, 4 failed
        failed (4): bad input

        """)
  }

  @Test func `without a table every point is a line`() throws {
    let lines = try run(rest: "", Self.speeds).text.split(separator: "\n")
    #expect(lines[1].hasPrefix("memory  plan  batch  samples/s"))
    #expect(lines.count == 1 + 2 + 12 + 2)
    #expect(lines[3].contains("1.00") && lines[3].hasSuffix("tp2"))
  }

  @Test func `comma-separated text has a column for each axis and each result`() throws {
    let lines = try run(rest: "", Self.speeds).commaSeparatedText.split(separator: "\n")
    #expect(
      lines[0]
        == "point,memory,plan,batch,verdict,iteration_time_s,samples_per_s,analytic_iteration_time_s,"
        + "peak_reserved_bytes,capacity_bytes,global_batch,micro_batches,plan_summary,plan_text,reason")
    #expect(lines[2] == "1,8GiB,a,2,fits,0.5,2.0,,3221225472,8589934592,1,1,tp2,,")
    #expect(lines[3] == "2,8GiB,b,1,failed,,,,,,,,,,bad input")
  }

  @Test func `a chart has a panel for what is neither axis nor line`() throws {
    let chart = try #require(try run(rest: "chart: {x: memory, lines: plan}", Self.speeds).chart)
    #expect(chart.panels.map(\.title) == ["batch 1", "batch 2"])
    #expect(chart.lines == ["a", "b", "c"])
    #expect(chart.ticks.map(\.place) == [8, 16])
    #expect(chart.panels[0].points.map { $0.map(\.value) } == [[1, 5], [nil, 7], [nil, nil]])
  }

  @Test func `summaries count layers by strategy`() {
    var (pairs, sharded) = (LayerStrategy(), LayerStrategy())
    pairs.tensorParallel = 2
    pairs.dataParallel = 4
    sharded.dataParallel = 8
    sharded.zero = .parameters
    let edge = pairs
    func plan(_ layers: [LayerStrategy], _ stages: [Int]) -> ParallelPlan {
      ParallelPlan(
        pipelineParallel: stages.count, virtualStages: 1, layersPerStage: stages, layers: layers, embedding: edge,
        head: edge, microBatches: 4, schedule: .named("gpipe"))
    }
    #expect(plan([pairs, pairs], [2]).summary == "tp2-dp4")
    #expect(plan([pairs, sharded, pairs], [2, 1]).summary == "pp2(2,1) 2*tp2-dp4+1*dp8-z3")
  }
}
