import Foundation
import GalvaSim
import Testing

/// Small sweeps that take moments.
enum SampleSweeps {
  private static let scenario = """
      {schema_version: 1, model: gpt2, cluster: titan-rtx-8,
       job: {global_batch: 16, sequence_length: 128, precision: fp16, micro_batch: 1}, plan: {zero: 3},
       options: {attention: unfused}}
    """

  /// 2 limits, 3 micro-batches, 2 plans; some run out of memory, a micro-batch of 3 fails.
  static let simulate = """
    schema_version: 1
    name: tiny
    task: simulate
    scenario: \(scenario)
    axes:
      - {name: memory, key: options.memory_limit, values: [2GiB, 20GiB]}
      - {key: job.micro_batch, values: [1, 2, 3]}
      - name: plan
        variants:
          - {name: sharded, set: {plan.zero: 3}}
          - {name: replicas, set: {plan.zero: 0}}
    """

  /// 2 limits, 2 models, 3 methods, with the formula alone.
  static let search = """
    schema_version: 1
    name: methods
    task: search
    scenario: \(scenario)
    axes:
      - {name: memory, key: options.memory_limit, values: [2GiB, 20GiB]}
      - {key: job.sequence_length, values: [64, 128]}
      - {key: search.method, values: [dp, sdp, bmw]}
    search: {evaluator: analytic, micro_batches: [1, 2]}
    table: {rows: method, columns: sequence_length}
    """

  static func spec(_ text: String) throws -> SweepSpec {
    try SweepFile.parse(text, source: SourceFile(name: "tiny.yaml", directory: "."), vocabulary: .known)
  }
}
