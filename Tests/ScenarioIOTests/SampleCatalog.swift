import Foundation
import Parallelism
import Testing

@testable import ScenarioIO

/// A small catalogue, so that these tests do not depend on the shipped numbers.
enum Sample {
  static let device = """
    kind: device
    name: test-gpu
    title: A GPU for tests
    peak:
      fp32: {value: 20TFLOPS, assumed: "test"}
      fp16: {value: 300TFLOPS, assumed: "test"}
      bf16: {value: 300TFLOPS, assumed: "test"}
    memory_capacity: {value: 80GiB, assumed: "test"}
    memory_bandwidth: {value: 2000GB/s, assumed: "test"}
    multiprocessors: {value: 100, assumed: "test"}
    kernel_overhead: {value: 2us, assumed: "test"}
    gemm_efficiency: {points: [[1.0e6, 0.1], [1.0e9, 0.8]], measured: "test"}
    attention_efficiency: {value: 0.5, assumed: "test"}
    memory_efficiency: {value: 0.9, assumed: "test"}
    context_memory: {value: 0.5GiB, assumed: "test"}
    """

  static func link(_ name: String) -> String {
    """
    kind: link
    name: \(name)
    bandwidth: {value: 200Gb/s, published: "test"}
    latency: {value: 2us, assumed: "test"}
    efficiency: {value: 0.8, assumed: "test"}
    """
  }

  static let cluster = """
    kind: cluster
    name: test-node
    title: Eight GPUs
    device: test-gpu
    devices_per_node: 8
    topology: nvswitch
    intra_node: test-nvlink
    inter_node: test-network
    network_cards_per_node: 8
    host_link: test-pcie
    provenance: "for tests"
    """

  static let configuration = """
    {model_type: llama, hidden_size: 512, intermediate_size: 1376, num_hidden_layers: 16, num_attention_heads: 8,
     num_key_value_heads: 8, vocab_size: 32000, max_position_embeddings: 4096, tie_word_embeddings: false}
    """

  static let model = """
    kind: model
    name: test-llama
    title: A Llama for tests
    config: \(configuration)
    provenance: "for tests"
    """

  static let files: [(path: String, text: String)] = [
    ("devices/test-gpu.yaml", device), ("links/test-nvlink.yaml", link("test-nvlink")),
    ("links/test-network.yaml", link("test-network")), ("links/test-pcie.yaml", link("test-pcie")),
    ("clusters/test-node.yaml", cluster), ("models/test-llama.yaml", model),
    ("clusters/loop-a.yaml", "kind: cluster\nname: loop-a\nbase: loop-b\n"),
    ("clusters/loop-b.yaml", "kind: cluster\nname: loop-b\nbase: loop-a\n"),
    ("clusters/alone.yaml", "kind: cluster\nname: alone\nbase: alone\n"),
  ]

  static let catalog = Catalog(files: files)

  /// A scenario of 16 GPUs whose sections can be replaced.
  static func scenario(
    model: String = "test-llama", cluster: String = "test-node x 2",
    job: String = "{global_batch: 64, sequence_length: 1024, precision: bf16, micro_batch: 1}",
    plan: String = "{pp: 2, tp: 2, dp: 4}", rest: String = ""
  ) -> String {
    """
    schema_version: 1
    model: \(model)
    cluster: \(cluster)
    job: \(job)
    plan: \(plan)
    \(rest)
    """
  }

  /// Reads a text as a scenario named `test.yaml`.
  static func read(_ text: String, overrides: [String] = []) throws(InputError) -> Scenario {
    let source = SourceFile(name: "test.yaml", directory: FileManager.default.temporaryDirectory.path)
    return try ScenarioFile.parse(text, source: source, overrides: overrides, catalog: catalog)
  }

  /// The failure of reading a text; `nil` when it can be read.
  static func failure(_ text: String, overrides: [String] = []) -> InputError? {
    do throws(InputError) {
      _ = try read(text, overrides: overrides)
      return nil
    } catch { return error }
  }
}

/// A folder of files that exists while a test runs.
struct TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "scenario-io-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  /// Writes a file and returns its path.
  func write(_ name: String, _ data: Data) throws -> String {
    let file = path + "/" + name
    try data.write(to: URL(fileURLWithPath: file))
    return file
  }

  func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
