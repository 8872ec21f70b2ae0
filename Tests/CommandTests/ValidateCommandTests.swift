import Foundation
import Testing

@Suite("galvasim validate")
struct ValidateCommandTests {
  static let header =
    "id,source,gpu,n_gpus,gpus_per_node,interconnect,model,layers,hidden,heads,kv_heads,ffn,gated_ffn,seq,vocab,dtype,"
    + "attention_impl,global_batch,micro_batch,tp,sp,pp,vpp,dp,cp,ep,zero_stage,recompute,schedule,optimizer,"
    + "measured_iter_time_s,measured_peak_mem_GB,status,framework,memory_metric,note"

  /// A run of a GPT of 1.3 billion parameters on one DGX A100.
  static func row(
    _ id: String, micro: String = "4", tp: Int = 2, schedule: String = "1f1b", time: String = "1.0",
    memory: String = "", status: String = "ok", gpu: String = "A100-SXM-80GB"
  ) -> String {
    "\(id),a paper,\(gpu),8,8,NVLink,gpt-1.3B,24,2048,16,16,8192,0,1024,51200,fp16,unfused,64,\(micro),\(tp),0,2,1,"
      + "\(8 / 2 / tp),1,1,0,none,\(schedule),Adam,\(time),\(memory),\(status),megatron-lm,torch max_allocated (1e9),"
  }

  static func file(_ folder: borrowing ScratchFolder, _ rows: [String], header: String = header) throws -> String {
    try folder.write("runs.csv", Data(([header] + rows).joined(separator: "\n").utf8))
  }

  static let rows = [
    row("a", memory: "20"), row("b", tp: 1), row("c", micro: "1"), row("d", schedule: "zb-2p"),
    row("e", micro: ""), row("f", time: "", status: "OOM"), row("g", gpu: "TPU v4"),
    row("h", time: "", status: "failed"),
    row("i", memory: "20"),
  ]

  @Test func `every row is answered or listed with the reason`() throws {
    let folder = try ScratchFolder()
    let document = try Command.document(["validate", try Self.file(folder, Self.rows), "--json"])
    let rows = try #require(document["rows"] as? [[String: Any]])
    #expect(rows.map { $0["id"] as? String } == ["a", "b", "c", "d", "e", "f", "g", "h", "i"])
    let keys: Set = [
      "id", "place", "source", "gpu", "plan", "half", "measured_iter_time_s", "predicted_iter_time_s", "time_error",
      "measured_peak_mem_GB", "predicted_peak_mem_GB", "memory_error", "measured_status", "predicted_verdict",
      "skipped_reason", "assumptions",
    ]
    for row in rows { #expect(Set(row.keys) == keys) }
    let reasons = rows.map { $0["skipped_reason"] as? String }
    #expect(reasons[0...2].allSatisfy { $0 == nil } && reasons[4] == nil && reasons[5] == nil)
    #expect(reasons[3] == "schedule: zb-2p does not exist")
    #expect(reasons[6] == "gpu: TPU v4 is not in the catalogue")
    #expect(reasons[7] == "status: failed, for a reason the row does not tell")
    #expect(reasons[8] == "repeats a")
    #expect((rows[4]["assumptions"] as? [String])?.contains("micro-batch not in the row: 1") == true)
    #expect(rows[5]["measured_status"] as? String == "out_of_memory")
    #expect(rows[0]["predicted_verdict"] as? String == "fits")
    let predicted = try #require(rows[0]["predicted_iter_time_s"] as? Double)
    #expect(abs(try #require(rows[0]["time_error"] as? Double) - (predicted - 1)) < 1e-9)
    // The same plan with less in flight is slower: a micro-batch of 1 launches four times as many kernels.
    #expect(try #require(rows[2]["predicted_iter_time_s"] as? Double) > predicted)
    #expect(rows[4]["predicted_iter_time_s"] as? Double == rows[2]["predicted_iter_time_s"] as? Double)
  }

  @Test func `summaries are overall, by source, by GPU and by plan, for both halves`() throws {
    let folder = try ScratchFolder()
    let document = try Command.document(["validate", try Self.file(folder, Self.rows), "--json"])
    let summary = try #require(document["summary"] as? [String: Any])
    let overall = try #require(summary["overall"] as? [String: Any])
    let keys: Set = [
      "n", "n_skipped", "time_mape", "time_median_ape", "time_p90_ape", "time_within_10pct", "time_bias", "memory_mape",
      "memory_median_ape", "memory_bias", "oom_true_positive", "oom_false_positive", "oom_true_negative",
      "oom_false_negative", "rank_correlation", "regret_median", "pairs_ordered_right",
    ]
    #expect(keys.isSubset(of: overall.keys))
    #expect(overall["n"] as? Int == 4 && overall["n_skipped"] as? Int == 4)
    #expect(overall["oom_false_negative"] as? Int == 1)
    let halves = ["reported_half", "calibration_half"].compactMap { (overall[$0] as? [String: Any])?["n"] as? Int }
    #expect(halves.count == 2 && halves.reduce(0, +) == 4)
    #expect((summary["by_gpu"] as? [[String: Any]])?.map { $0["gpu"] as? String } == ["A100-SXM-80GB", "TPU v4"])
    #expect((document["fitted_constants"] as? Int ?? 0) > 0)
  }

  @Test func `results do not depend on the number of jobs`() throws {
    let folder = try ScratchFolder()
    let file = try Self.file(folder, Self.rows)
    let outputs = try ["1", "2", "7"].map { try Command.run(["validate", file, "--jobs", $0, "--json"]).output }
    #expect(Set(outputs).count == 1)
  }

  /// A scenario with the row's plan gives the row's prediction.
  @Test func `a row is the scenario it describes`() throws {
    let folder = try ScratchFolder()
    let file = try Self.file(folder, [Self.row("a")])
    let scenario = """
      schema_version: 1
      model: {model_type: gpt2, n_embd: 2048, n_layer: 24, n_head: 16, n_inner: 8192, n_positions: 1024, vocab_size: 51200}
      cluster: dgx-a100
      job: {global_batch: 64, sequence_length: 1024, precision: fp16, gradient_precision: fp16, micro_batch: 4}
      plan: {tp: 2, pp: 2, zero: 0}
      options: {framework: megatron-lm-2021, attention: unfused, dropout: true, interference: false}
      """
    let path = try folder.write("scenario.yaml", Data(scenario.utf8))
    let simulated = try Command.document(["simulate", path, "--json", "--executor", "replay"])
    let validated = try Command.document(["validate", file, "--json"])
    let row = try #require((validated["rows"] as? [[String: Any]])?.first)
    #expect(row["predicted_iter_time_s"] as? Double == simulated["iteration_time_s"] as? Double)
  }

  @Test func `bad input is refused with file, line and advice`() throws {
    let folder = try ScratchFolder()
    let other = try folder.write("other.csv", Data("a,b\n1,2\n".utf8))
    let outcome = try Command.run(["validate", other])
    #expect(outcome.status == 65 && outcome.errors.contains("other.csv:1:1: found the columns a, b, expected some of"))
    let file = try Self.file(folder, [Self.row("a"), Self.row("b", time: "-3"), Self.row("c", memory: "much")])
    let wrong = try Command.run(["validate", file])
    #expect(wrong.status == 65)
    #expect(
      wrong.errors.contains("runs.csv:3:1: measured_iter_time_s: found -3, expected a number above 0, or nothing"))
    #expect(wrong.errors.contains("runs.csv:4:1: measured_peak_mem_GB: found much"))
    #expect(try Command.run(["validate", folder.path("none.csv")]).status == 66)
    #expect(try Command.run(["validate", file, "--jobs", "0"]).status == 64)
  }

  @Test func `bounds are held, beyond them the exit status is 13`() throws {
    let folder = try ScratchFolder()
    let file = try Self.file(folder, Self.rows)
    func bounds(_ lines: String) throws -> String {
      try folder.write("bounds.csv", Data("source,half,metric,at_most,at_least\n\(lines)\n".utf8))
    }
    let wide = try Command.run(["validate", file, "--tolerance", try bounds("overall,all,time_mape,100,")])
    #expect(wide.status == 0 && wide.errors.isEmpty)
    let narrow = try Command.run([
      "validate", file, "--tolerance", try bounds("overall,all,n,,99\noverall,,time_mape,0,"),
    ])
    #expect(narrow.status == 13)
    #expect(narrow.errors.contains("beyond tolerance: overall (all): n is 4.0000, expected at least 99.0000"))
    #expect(narrow.errors.contains("time_mape"))
    let wrong = try Command.run([
      "validate", file, "--tolerance", try bounds("overall,all,time_map,1,\noverall,some,n,1,"),
    ])
    #expect(wrong.status == 65 && wrong.errors.contains("bounds.csv:2:1: metric: found time_map, expected one of n,"))
    #expect(wrong.errors.contains("bounds.csv:3:1: half: found some"))
  }

  @Test func `predictions are written beside the measurements, and a picture`() throws {
    let folder = try ScratchFolder()
    let file = try Self.file(folder, Self.rows)
    let (table, picture) = (folder.path("out.csv"), folder.path("out.svg"))
    let outcome = try Command.run(["validate", file, "--out", table, "--scatter", picture, "--summary"])
    #expect(outcome.status == 0 && outcome.output.contains("skipped 1: schedule: zb-2p does not exist"))
    let lines = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 10 && lines[0].hasPrefix("id,source,gpu,plan,half,measured_iter_time_s"))
    let text = try String(contentsOfFile: picture, encoding: .utf8)
    #expect(text.hasPrefix("<svg ") && text.hasSuffix("</svg>\n"))
    #expect(text.components(separatedBy: "<circle").count - 1 == 4 + 1)
    #expect(XMLCheck.isWellFormed(text))
  }
}

/// Whether every tag of a document is closed in order.
enum XMLCheck {
  static func isWellFormed(_ text: String) -> Bool {
    var open: [Substring] = []
    for part in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
      guard let end = part.firstIndex(of: ">") else { return false }
      let tag = part[..<end]
      let name = tag.drop { $0 == "/" }.prefix { $0.isLetter }
      if tag.hasPrefix("/") {
        guard open.popLast() == name else { return false }
      } else if !tag.hasSuffix("/") {
        open.append(name)
      }
    }
    return open.isEmpty
  }
}
