import Costing
import Foundation
import Quantities
import ScenarioIO
import Testing
import Workload

/// A file in a temporary folder, removed at the end.
private func withFile<Result>(_ text: String, named name: String = "file.json", _ body: (String) throws -> Result)
  throws
  -> Result
{
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let path = folder.appendingPathComponent(name).path
  try text.write(toFile: path, atomically: true, encoding: .utf8)
  return try body(path)
}

@Suite("Import of Galvatron profiles")
struct GalvatronProfileTests {
  private static func setting(_ model: String = "llama-2-7b") throws -> GalvatronProfileImport.Setting {
    GalvatronProfileImport.Setting(
      model: try Catalog.builtIn.model(named: model), device: try Catalog.builtIn.device(named: "a100-sxm-80gb"),
      format: .bf16)
  }

  private static func table(_ text: String, _ setting: GalvatronProfileImport.Setting) throws -> KernelTable {
    try withFile(text) { try GalvatronProfileImport.table(path: $0, setting: setting, name: "p", date: "2026-01-01") }
  }

  /// 3.94 ms a layer and sample with 8 samples: the forward kernels of a layer take 8 * 3.94 ms together.
  @Test func `the forward kernels of a layer add up to the profile`() throws {
    let setting = try Self.setting()
    let table = try Self.table(#"{"layertype_0_bsz8_seq2048": 3.94, "layernum[2]_bsz8_seq2048": 90.0}"#, setting)
    let costs = MeasuredCostModel(device: setting.device, table: table)
    let model = try setting.model.model(sequenceLength: 2048)
    let shard = LayerShard(microBatch: 8, format: .bf16)
    var sum = 0.0
    for case .compute(let step) in model.blocks[0].elements(shard) {
      for kernel in step.forward {
        #expect(costs.price(of: kernel).basis == .measured)
        sum += costs.duration(of: kernel).value
      }
    }
    #expect(abs(sum / (8 * 3.94e-3) - 1) < 1e-9)
    #expect(table.origin == .imported)
    #expect(table.notes.contains(KernelTable.Note("ignored_keys", "1")))
  }

  @Test func `profiles by width pick the model's width and count types by role and width`() throws {
    let text = #"{"fwd_time_hidden_1024": {"encoder": 1.5, "decoder": 2.7}, "fwd_time_hidden_512": {"encoder": 9.9}}"#
    var setting = try Self.setting("t5-large")
    setting.batch = 4
    let table = try Self.table(text, setting)
    let used = table.notes.filter { $0.key.hasPrefix("used_") }.map(\.value)
    #expect(used.count == 2)
    #expect(used[0].contains("4 samples of 512: 144000.0 us forward"))
  }

  @Test func `a file without layer times is refused`() throws {
    #expect(throws: InputError.self) { try Self.table(#"{"overlap_coe": 1.1}"#, try Self.setting()) }
  }

  @Test func `a memory profile is compared with the model`() throws {
    let text = #"""
      {"layertype_0_sp": {"2048": {"parameter_size": 778.22, "tp_activation_per_bsz_dict": {"1": 514.56, "2": 273.28}}}}
      """#
    let report = try withFile(text) {
      try GalvatronProfileImport.memoryReport(path: $0, setting: try Self.setting())
    }
    // A layer of Llama 2 7B: 4 * 4096^2 + 3 * 4096 * 11008 + 2 * 4096 = 202,383,360 parameters of 4 bytes.
    #expect(report.contains("parameters: 778.22 MB profiled, 772.0 MB of fp32 in the model"))
    #expect(report.contains("tensor parallel 2: 273.28 MB profiled"))
    #expect(report.hasPrefix("# a memory profile holds no kernel times"))
  }
}

@Suite("Import of profiler traces")
struct ProfilerTraceTests {
  /// One operator and its kernel.
  private static func call(
    _ number: Int, _ name: String, _ dims: String, _ types: String = #""c10::BFloat16","c10::BFloat16""#,
    time: Double, more: String = ""
  ) -> String {
    """
    {"ph":"X","cat":"cpu_op","name":"\(name)","ts":1,"dur":9,"pid":1,"tid":1,
     "args":{"External id":\(number),"Input Dims":\(dims),"Input type":[\(types)]\(more)}},
    {"ph":"X","cat":"kernel","name":"k","ts":5,"dur":\(time),"pid":0,"tid":7,
     "args":{"External id":\(number),"stream":7,"correlation":\(number)}},
    """
  }

  private static let backward = #","Fwd thread id":1"#
  private static let text =
    #"{"schemaVersion":1,"deviceProperties":[{"id":0,"name":"NVIDIA A100-SXM4-80GB","numSms":108}],"traceEvents":["#
    + call(1, "aten::mm", "[[4096,1024],[1024,3072]]", time: 100)
    + call(2, "aten::mm", "[[4096,1024],[1024,3072]]", time: 104)
    + call(3, "aten::mm", "[[4096,1024],[1024,3072]]", time: 102)
    + call(4, "aten::addmm", "[[512],[4096,1024],[1024,512]]", #""float","c10::Half","c10::Half""#, time: 30)
    + call(5, "aten::mm", "[[4096,3072],[3072,1024]]", time: 110, more: backward)
    + call(6, "aten::mm", "[[3072,4096],[4096,1024]]", time: 120, more: backward)
    + call(
      7, "aten::_scaled_dot_product_flash_attention", "[[2,16,2048,64],[2,8,2048,64],[2,8,2048,64],[],[]]",
      time: 200, more: #","Concrete Inputs":["","","","0.","True","False"]"#)
    + call(8, "aten::native_layer_norm", "[[4096,1024],[],[1024]]", time: 12)
    + call(9, "aten::cumsum", "[[4096,1024]]", time: 5)
    + #"{"ph":"X","cat":"kernel","name":"ncclDevKernel_AllReduce","dur":50,"args":{"stream":20}},"#
    + #"{"ph":"X","cat":"kernel","name":"lonely","dur":3,"args":{"stream":7}}]}"#

  private static func table(_ text: String, named name: String = "t.pt.trace.json") throws -> KernelTable {
    try withFile(text, named: name) {
      try ProfilerTraceImport.load(path: $0, device: nil, name: "t", date: "2026-01-01")
    }
  }

  @Test func `operators with shapes become rows, the median of equal ones`() throws {
    let table = try Self.table(Self.text)
    #expect(table.device == "a100-sxm-80gb")
    #expect(table.multiprocessors == 108)
    #expect(table.origin == .imported)
    #expect(table.rows.count == 6)
    #expect(table.rows[0].kernel == .gemm(m: 4096, n: 3072, k: 1024, format: .bf16))
    #expect(table.rows[0].time == .microseconds(102))
    #expect(table.rows[0].repeats == 3)
    #expect(table.rows[1].kernel == .gemm(m: 4096, n: 512, k: 1024, format: .fp16))
  }

  @Test func `backward products are told apart by the tokens they sum over`() throws {
    let rows = try Self.table(Self.text).rows
    #expect(rows[2].pass == .inputGradient)
    #expect(rows[3].pass == .weightGradient)
  }

  @Test func `attention and norms are read with their sizes`() throws {
    let rows = try Self.table(Self.text).rows
    let shape = AttentionShape(
      batch: 2, heads: 16, queries: 2048, keys: 2048, headDimension: 64, isCausal: true, keyValueHeads: 8)
    #expect(rows[4].kernel == .attention(shape, format: .bf16))
    #expect(rows[5].operation == "layer_norm")
    #expect(rows[5].kernel?.traffic == Bytes(2 * 2 * 4096 * 1024))
  }

  @Test func `what is left out is counted`() throws {
    let notes = try Self.table(Self.text).notes.map(\.value)
    #expect(notes.contains("1 calls of operators that tables do not know, 5 us"))
    #expect(notes.contains("1 kernels without operator or shapes, 3 us"))
    #expect(notes.contains("1 kernels of communication, 50 us"))
  }

  @Test func `an imported table is written and read`() throws {
    let table = try Self.table(Self.text)
    let text = KernelTableFile.text(table)
    #expect(KernelTableFile.text(try KernelTableFile.parse(text, file: "t.csv")) == text)
  }

  @Test func `compressed traces are read, damaged ones refused`() throws {
    try withFile(Self.text, named: "t.json") { path in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/gzip")
      process.arguments = [path]
      try process.run()
      process.waitUntilExit()
      let zipped = path + ".gz"
      let table = try ProfilerTraceImport.load(path: zipped, device: nil, name: "t", date: "d")
      #expect(table.rows.count == 6)
      let data = try Data(contentsOf: URL(fileURLWithPath: zipped))
      try data.prefix(data.count / 2).write(to: URL(fileURLWithPath: zipped))
      #expect(throws: InputError.self) {
        try ProfilerTraceImport.load(path: zipped, device: nil, name: "t", date: "d")
      }
    }
  }

  @Test func `a trace without shapes says how to record them`() throws {
    let text = #"{"traceEvents":[{"ph":"X","cat":"kernel","name":"k","dur":3,"args":{"stream":7}}]}"#
    do {
      _ = try Self.table(text)
      Issue.record("a trace without shapes was read")
    } catch let error as InputError { #expect(error.description.contains("record_shapes=True")) }
  }

  @Test func `other files are refused`() {
    #expect(throws: InputError.self) { try Self.table("[1, 2]") }
    #expect(throws: InputError.self) { try Self.table("not JSON") }
  }
}
