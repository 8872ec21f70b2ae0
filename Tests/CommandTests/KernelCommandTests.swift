import Foundation
import Testing

@Suite("galvasim on kernels")
struct KernelCommandTests {
  private static let cluster = "cluster=dgx-a100 x 2"
  static let scenario = "Scenarios/runs/llama2-13b-2x-dgx-a100.yaml"
  private static let products = """
    gpu,op,m,n,k,batch,dtype,time_ms,tflops,layout,source,note
    A100-SXM-80GB,gemm,4096,4096,4096,1,fp16,0.65,,TN,"a, b",
    V100-SXM2 (DGX-1),gemm,4096,4096,4096,1,fp32,10.5,,NN,x,
    T4,gemm,64,64,64,1,fp32,0.01,,NN,x,
    A100-SXM-80GB,gemm,64,,64,1,fp16,0.01,,TN,x,

    """

  @Test func `measured kernels are printed beside their predictions`() throws {
    let folder = try ScratchFolder()
    let file = try folder.write("gemm.csv", Data(Self.products.utf8))
    let document = try Command.document(["validate-kernels", file, "--json"])
    let rows = try #require(document["rows"] as? [[String: Any]])
    let keys: Set = ["line", "gpu", "kind", "measured_us", "predicted_us", "error", "basis", "skipped_reason", "large"]
    #expect(rows.count == 4)
    for row in rows { #expect(Set(row.keys) == keys) }
    #expect(rows[0]["measured_us"] as? Double == 650)
    #expect(rows[0]["basis"] as? String == "derived")
    #expect(abs(rows[0]["error"] as? Double ?? 1) < 0.2)
    #expect(rows[2]["skipped_reason"] as? String == "T4 is not in the catalogue")
    #expect(rows[3]["predicted_us"] is NSNull)
    let summary = try #require(document["summary"] as? [[String: Any]])
    #expect(summary.map { $0["gpu"] as? String } == ["A100-SXM-80GB", "V100-SXM2 (DGX-1)", "T4"])
    #expect(Set(summary[0].keys) == ["gpu", "kind", "n", "n_skipped", "median_ape", "p90_ape", "bias", "large"])
    let text = try Command.run(["validate-kernels", file])
    #expect(text.status == 0 && text.output.contains("skipped 1: T4 is not in the catalogue"))
  }

  @Test func `files of other columns are refused, missing ones too`() throws {
    let folder = try ScratchFolder()
    let file = try folder.write("other.csv", Data("a,b\n1,2\n".utf8))
    let outcome = try Command.run(["validate-kernels", file])
    #expect(outcome.status == 65 && outcome.errors.contains("found the columns a, b"))
    #expect(try Command.run(["validate-kernels", folder.path("none.csv")]).status == 66)
  }

  @Test func `the kernel times say what they rest on`() throws {
    let document = try Command.document(["simulate", Self.scenario, "--set", Self.cluster, "--json"])
    #expect(document["cost_model"] as? String == "auto")
    let shares = try #require(document["kernel_time_share"] as? [String: Double])
    #expect(Set(shares.keys) == ["measured", "interpolated", "extrapolated", "derived"])
    #expect(abs(shares.values.reduce(0, +) - 1) < 1e-9)
    let tables = try #require(document["kernel_tables"] as? [[String: Any]])
    #expect(tables.first?["name"] as? String == "a100-sxm-80gb")
    let text = try Command.run(["simulate", Self.scenario, "--set", Self.cluster, "--cost-model", "roofline"])
    #expect(text.output.contains("kernel times: 100.0 % derived; rooflines"))
  }

  /// The table of one measured product: its kernels are measured, everything around it is not.
  @Test func `a table of the user is used`() throws {
    let folder = try ScratchFolder()
    let text = """
      # format: galvasim-kernel-table 1
      # name: mine
      # gpu: NVIDIA A100
      # device: a100-sxm-80gb
      # provenance: measured
      # source: test
      # date: 2026-01-01
      kind,op,pass,format,batch,m,n,k,time_us
      gemm,matmul,forward,bf16,1,4096,13824,5120,2700
      gemm,matmul,forward,bf16,1,4096,5120,6912,1300

      """
    let file = try folder.write("mine.csv", Data(text.utf8))
    let document = try Command.document([
      "simulate", Self.scenario, "--set", Self.cluster, "--kernel-table", file, "--json",
    ])
    let shares = try #require(document["kernel_time_share"] as? [String: Double])
    #expect((shares["measured"] ?? 0) > 0.1)
    #expect((shares["extrapolated"] ?? 0) > 0.1)
    let other = try Command.run(["check", "Scenarios/runs/llama3-8b-8xh100.yaml", "--kernel-table", file])
    #expect(other.status == 65 && other.errors.contains("found a table of a100-sxm-80gb"))
    let wrong = try folder.write("wrong.csv", Data(text.replacing("2700", with: "fast").utf8))
    let refused = try Command.run(["simulate", Self.scenario, "--set", Self.cluster, "--kernel-table", wrong])
    #expect(refused.status == 65 && refused.errors.contains("wrong.csv:9:1: time_us: found fast"))
    #expect(
      try Command.run(["simulate", Self.scenario, "--set", Self.cluster, "--kernel-table", folder.path("no.csv")])
        .status == 66)
  }

  @Test func `tables are listed, shown and derived`() throws {
    let list = try Command.run(["catalog", "list", "kernel-table"])
    #expect(list.output.contains("h100-sxm-80gb") && list.output.contains("derived"))
    let show = try Command.document(["catalog", "show", "kernel-table", "a100-sxm-80gb", "--json"])
    let products = try #require(show["gemm matmul forward bf16"] as? [String: Any])
    let best = try #require(products["best_fraction_of_peak"] as? Double)
    #expect(best > 0.7 && best < 0.9)
    #expect(try Command.run(["catalog", "show", "kernel-table", "a100"]).status == 65)
    let shown = try Command.run(["catalog", "show", "kernel-table", "a100-sxm-80gb"]).output
    #expect(shown.contains("of peak, median") && shown.contains("gemm matmul forward bf16 "))
    let folder = try ScratchFolder()
    let one = try Command.run(["derive-kernels", "h100-sxm-80gb", "--date", "2026-01-01"])
    let file = try folder.write("h100.csv", Data(one.output.utf8))
    let two = try Command.run(["derive-kernels", "h200-sxm-141gb", "--date", "2026-01-01", "--from", file])
    #expect(two.status == 0 && two.output.contains("# source: h100-sxm-80gb (derived: "))
    #expect(try Command.run(["derive-kernels", "h900", "--date", "2026-01-01"]).status == 65)
  }

  @Test func `profiles of other programs become tables that a run takes`() throws {
    let folder = try ScratchFolder()
    let profile = try folder.write("p.json", Data(#"{"layertype_0_bsz1_seq4096": 4.0}"#.utf8))
    let table = folder.path("p.h5")
    let arguments = ["import", "galvatron-profile", profile, "--model", "llama-2-13b", "--device", "a100-sxm-80gb"]
    #expect(try Command.run(arguments + ["--out", table]).status == 0)
    #expect(try Command.run(Array(arguments.prefix(3))).status == 64)
    let document = try Command.document([
      "simulate", Self.scenario, "--set", Self.cluster, "--set", "plan.tp=1", "--set", "plan.dp=16", "--set",
      "plan.zero=3", "--set",
      "plan.sequence_parallel=false", "--kernel-table", table, "--json",
    ])
    let shares = try #require(document["kernel_time_share"] as? [String: Double])
    #expect((shares["measured"] ?? 0) > 0.8)
    let trace = try folder.write("t.json", Data(#"{"traceEvents": []}"#.utf8))
    let outcome = try Command.run(["import", "kineto", trace])
    #expect(outcome.status == 65 && outcome.errors.contains("record_shapes=True"))
  }
}
