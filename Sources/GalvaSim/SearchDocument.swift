import Export
import Parallelism
import Planning
import Quantities
import ScenarioIO

extension SearchRun {
  /// The document `search --json` prints.
  public var document: JSONValue {
    let plans = entries.enumerated().map { json($1, rank: $0 + 1) }
    return .object([
      JSONField("schema_version", 1), JSONField("tool_version", .text(toolVersion)),
      JSONField("scenario", .text(scenario.name)), JSONField("method", .text(options.method.rawValue)),
      JSONField("evaluator", .text(options.evaluator.rawValue)), JSONField("cost_model", .text(costModel)),
      JSONField("network", .text(options.evaluator == .simulated ? options.network.rawValue : "none")),
      JSONField("memory_limit_bytes", .integer(memoryLimit)), JSONField("counts", counts),
      JSONField("plan_problem", scenario.planProblem.map { .text($0.description) } ?? .null),
      JSONField("best", plans.first ?? .null), JSONField("plans", .list(plans)),
      JSONField("analytic_winner", analyticWinner.map { json($0, rank: 0) } ?? .null),
      JSONField("rounds", .list(rounds.map(Self.json))),
      JSONField(
        "rejected", .list(rejected.map { ["plan": .text($0.summary), "reason": .text($0.reason)] })),
      JSONField("optimality", optimality), JSONField("nearest", nearestJSON),
    ])
  }

  private static func json(_ round: SearchRound) -> JSONValue {
    [
      "plan_text": .text(round.first.found.plan.text),
      "analytic_iteration_time_s": .number(round.first.found.analyticTime),
      "formula_iteration_time_s": .number(round.first.found.formulaTime),
      "replayed_iteration_time_s": round.first.replayedTime.map { .number($0) } ?? .null,
      "best_replayed_iteration_time_s": round.best.flatMap(\.replayedTime).map { .number($0) } ?? .null,
      "plans_simulated": .integer(round.simulated),
    ]
  }

  private var counts: JSONValue {
    [
      "strategies": .integer(strategies.all), "pruned": .integer(strategies.pruned),
      "dynamic_programs": .integer(statistics.dynamicPrograms), "cells": .integer(statistics.candidates),
      "labels": .integer(statistics.labels), "plans_scored": .integer(statistics.plansScored),
      "plans_simulated": .integer(statistics.plansSimulated), "rounds": .integer(statistics.rounds),
    ]
  }

  /// What is proven, and under which costs: those of the last round.
  private var optimality: JSONValue {
    guard let lowerBound, let boundedTime else { return .null }
    return [
      "objective": "sum of steps + (micro-batches - 1) * slowest step + longest end + hops, seconds",
      "analytic_iteration_time_s": .number(boundedTime), "lower_bound_s": .number(lowerBound),
      "gap": .number(boundedTime > 0 ? max(0, 1 - lowerBound / boundedTime) : 0),
    ]
  }

  private var nearestJSON: JSONValue {
    guard entries.isEmpty, let nearest else { return .null }
    return ["plan": .text(nearest.plan.text), "missing_bytes": .integer(nearest.missing)]
  }

  private func json(_ entry: Entry, rank: Int) -> JSONValue {
    let galvatron = try? GalvatronPlan(plan: entry.plan, globalBatch: entry.globalBatch)
    return [
      "rank": .integer(rank), "plan": galvatron.map(GalvatronPlanFile.json) ?? .null,
      "plan_text": .text(entry.plan.text), "pp": .integer(entry.plan.pipelineParallel),
      "stage_layers": .list(entry.plan.layersPerStage.map { .integer($0) }),
      "global_batch": .integer(entry.globalBatch), "micro_batches": .integer(entry.plan.microBatches),
      "analytic_iteration_time_s": .number(entry.analyticTime),
      "replayed_iteration_time_s": entry.replayedTime.map { .number($0) } ?? .null,
      "simulated_iteration_time_s": entry.simulatedTime.map { .number($0) } ?? .null,
      "samples_per_s": .number(entry.throughput),
      "peak_reserved_bytes_per_stage": .list(
        entry.reserved.map { .integer($0) }),
      "time_balance": entry.timeBalance.map { .number($0) } ?? .null, "memory_balance": .number(entry.memoryBalance),
      "verdict": verdict(entry),
    ]
  }

  /// Whether the simulator lets a plan run; `not_simulated` when it was not asked.
  private func verdict(_ entry: Entry) -> JSONValue {
    guard options.evaluator == .simulated else { return "not_simulated" }
    return entry.simulatedTime == nil ? "out_of_memory" : "fits"
  }

  /// Writes the best plan in Galvatron's fields; the file appears under its name only when it is complete.
  ///
  /// - Throws: ``InputError`` when there is no plan or the fields cannot hold it, ``ExportError`` for the file.
  public func emit(to path: String) throws {
    try TextFile.write(try emitted(), to: path)
  }

  private func emitted() throws(InputError) -> String {
    func failure(_ message: String, _ advice: String) -> InputError {
      InputError(
        kind: .badInput, problems: [InputProblem(file: "--emit", message: message, advice: advice)])
    }
    guard let best = entries.first else { throw failure("found no plan", "raise --memory or the number of GPUs") }
    do throws(GalvatronPlanError) {
      return GalvatronPlanFile.text(try GalvatronPlan(plan: best.plan, globalBatch: best.globalBatch))
    } catch { throw failure("\(error)", "leave that dimension out of --dimensions") }
  }
}
