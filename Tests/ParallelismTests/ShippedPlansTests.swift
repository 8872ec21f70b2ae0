import Parallelism
import Testing

/// The facts of one plan its authors published, from `shipped_plans.csv`.
private struct ShippedPlan {
  let file: String
  let devices: Int
  let layers: Int
  let plan: GalvatronPlan

  /// Columns: file, repo, commit, layers, pp_deg, pp_division, global_bsz, chunks, pipeline_type, default_dp_type, vtp,
  /// vsp, embed_sdp, strategies as `tp2/sdp/ckptx20 tp2nc/dpx12`.
  init(row: Substring) throws {
    let cells = Self.cells(row)
    try #require(cells.count == 14)
    file = cells[0]
    layers = try #require(Int(cells[3]))
    let words = cells[0].split(separator: "_").map(String.init)
    let number = { (unit: String) -> Int? in
      words.first { $0.hasSuffix(unit) }.flatMap { Int($0.dropLast(unit.count)) }
    }
    devices = (number("nodes") ?? 1) * (try #require(number("gpus")))
    var plan = GalvatronPlan(
      pipelineDegree: try #require(Int(cells[4])), tensorSizes: [], consecutiveFlags: [], dataParallelTypes: [],
      globalBatch: try #require(Int(cells[6])), chunks: try #require(Int(cells[7])))
    plan.checkpointFlags = []
    for run in cells[13].split(separator: " ") { try Self.append(run, to: &plan) }
    plan.stageLayers = cells[5].isEmpty ? nil : cells[5].split(separator: ",").compactMap { Int($0) }
    plan.pipelineType = cells[8].isEmpty ? nil : cells[8]
    plan.defaultDataParallel = cells[9].isEmpty ? nil : cells[9]
    plan.vocabularyTensorSize = Int(cells[10])
    plan.vocabularyUlyssesFlag = Int(cells[11])
    plan.embeddingSharded = Int(cells[12])
    self.plan = plan
  }

  private static func append(_ run: Substring, to plan: inout GalvatronPlan) throws {
    let cross = try #require(run.lastIndex(of: "x"))
    let count = try #require(Int(run[cross...].dropFirst()))
    let parts = run[..<cross].split(separator: "/")
    let degree = try #require(Int(parts[0].dropFirst(2).prefix { $0.isNumber }))
    plan.tensorSizes += [Int](repeating: degree, count: count)
    plan.consecutiveFlags += [Int](repeating: parts[0].hasSuffix("nc") ? 0 : 1, count: count)
    plan.dataParallelTypes += [Int](repeating: parts[1] == "sdp" ? 1 : 0, count: count)
    plan.checkpointFlags? += [Int](repeating: parts.last == "ckpt" ? 1 : 0, count: count)
  }

  /// Cells between commas, quotes around a cell protect its commas.
  private static func cells(_ row: Substring) -> [String] {
    var cells = [""]
    var isQuoted = false
    for character in row {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == "," && !isQuoted {
        cells.append("")
      } else {
        cells[cells.count - 1].append(character)
      }
    }
    return cells
  }
}

@Suite("Plans published with Galvatron")
struct ShippedPlansTests {
  private func plans() throws -> [ShippedPlan] {
    try SharedData.text("galvatron/shipped_plans.csv").split(whereSeparator: \.isNewline).dropFirst(2)
      .map(ShippedPlan.init)
  }

  /// One plan asks for 16 chunks of 320 / 8 = 40 sequences: chunks of 3 make 14. Its embedding, tensor-parallel degree
  /// 1 by default, has the largest data-parallel degree, 8; its layers have 4.
  @Test(.enabled(if: SharedData.isPresent))
  func `every published plan can run on the devices its name gives`() throws {
    for shipped in try plans() {
      #expect(shipped.plan.tensorSizes.count == shipped.layers, "\(shipped.file)")
      let plan = try ParallelPlan(galvatron: shipped.plan, devices: shipped.devices)
      let layer = LayerLimits(sequenceLength: 2048)
      let limits = ModelLimits(
        blocks: .init(repeating: layer, count: shipped.layers), embedding: layer, head: layer)
      let found = plan.violations(limits: limits, globalBatch: shipped.plan.globalBatch, devices: shipped.devices)
      let isExample = shipped.file.hasPrefix("galvatron_config_gpt-2.7b_2nodes") && shipped.plan.chunks == 16
      let expected = [PlanViolation.microBatching(.countUnreachable(localBatch: 40, requested: 16, actual: 14))]
      #expect(found == (isExample ? expected : []), "\(shipped.file)")
    }
  }
}
