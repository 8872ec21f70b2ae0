import ClusterSimulation
import Parallelism
import Quantities
import Testing
import TestSupport

/// Model states with bf16 weights and gradients and Adam: 2 + 2 + 12 bytes a parameter
/// (Rajbhandari et al. 2020, arXiv 1910.02054, section 3.1 and figure 1).
@Suite("Memory of model states")
struct StateMemoryTests {
  private let ranks: Int64 = 4

  private func states(_ zero: ZeroStage) throws -> [MemoryCategory: Int64] {
    var bytes: [MemoryCategory: Int64] = [:]
    let setup = try TinySetups.data(ranks: Int(ranks)) { $0.zero = zero }
    for part in try TrainingSimulation(setup).compile().programs.programs[0].resident {
      bytes[part.category, default: 0] += part.bytes.count
    }
    return bytes
  }

  /// GPT-2 in miniature: every layer's parameters divide by four.
  private func parameters() throws -> Int64 { try TinyModel.gpt2.model(blocks: 1, sequence: 32).parameterCount }

  @Test func `plain data parallelism keeps 16 bytes a parameter`() throws {
    let (states, parameters) = (try states(.none), try parameters())
    #expect(states[.parameters] == 2 * parameters)
    #expect(states[.gradients] == 2 * parameters)
    #expect(states[.optimizer] == 12 * parameters)
  }

  @Test func `ZeRO-1 keeps 4 + 12 / N bytes a parameter`() throws {
    let (states, parameters) = (try states(.optimizer), try parameters())
    #expect(states[.parameters] == 2 * parameters)
    #expect(states[.gradients] == 2 * parameters)
    #expect(states[.optimizer] == 12 * parameters / ranks)
  }

  @Test func `ZeRO-2 keeps 2 + 14 / N bytes a parameter`() throws {
    let (states, parameters) = (try states(.gradients), try parameters())
    #expect(states[.parameters] == 2 * parameters)
    #expect(states[.gradients] == 2 * parameters / ranks)
    #expect(states[.optimizer] == 12 * parameters / ranks)
  }

  @Test func `ZeRO-3 keeps 16 / N bytes a parameter`() throws {
    let (states, parameters) = (try states(.parameters), try parameters())
    #expect(states[.parameters] == 2 * parameters / ranks)
    #expect(states[.gradients] == 2 * parameters / ranks)
    #expect(states[.optimizer] == 12 * parameters / ranks)
  }

  @Test func `the context and the buffers are always there`() throws {
    var setup = try TinySetups.data(ranks: 2)
    setup.options.communicationBuffers = .mebibytes(7)
    let resident = try TrainingSimulation(setup).compile().programs.programs[0].resident
    #expect(resident.first { $0.category == .context }?.bytes == .mebibytes(512))
    #expect(resident.first { $0.category == .communication }?.bytes == .mebibytes(7))
  }

  /// 192 words of 64 features; the first stage also has 48 positions, the last the final norm's gain and offset.
  @Test func `the last stage keeps a copy of a tied table, and only the table is summed`() throws {
    var setup = try TinySetups.pipeline(stages: 2, microBatches: 1, schedule: "1f1b")
    setup.model = try TinyModel.gpt2.model(blocks: 2)
    let (programs, _) = try TrainingSimulation(setup).compile()
    func weights(program: Int, layer: Int32) -> Int64? {
      programs.programs[program].resident.first { $0.category == .parameters && $0.layer == layer }?.bytes.count
    }
    let table: Int64 = 2 * 64 * 192
    let (positions, norm): (Int64, Int64) = (2 * 64 * 48, 2 * 128)
    #expect(weights(program: 0, layer: 0) == table + positions)
    #expect(weights(program: 1, layer: 3) == table + norm)
    let sums = programs.infos.filter { programs.names[Int($0.name)] == "reduce_tied_embedding" }
    #expect(sums.map(\.bytes) == [table, table])
  }

  @Test func `a tied table on one stage is kept once`() throws {
    let setup = try TinySetups.data(ranks: 1)
    let resident = try TrainingSimulation(setup).compile().programs.programs[0].resident
    let weights = resident.filter { $0.category == .parameters }.reduce(0) { $0 + $1.bytes.count }
    #expect(weights == 2 * setup.model.parameterCount)
  }
}
