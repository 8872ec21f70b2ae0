import Parallelism

extension ParallelPlan {
  /// The plan in a few words: degrees of the pipeline, and how many layers have which strategy, such as
  /// `pp2 24*tp2-dp2+8*dp4-z3`. Micro-batches and the order of layers are left out.
  var summary: String {
    var counts: [(strategy: LayerStrategy, count: Int)] = []
    for layer in layers {
      if let index = counts.firstIndex(where: { $0.strategy == layer }) {
        counts[index].count += 1
      } else {
        counts.append((layer, 1))
      }
    }
    let shown = counts.prefix(3).map { "\($0.count)*\($0.strategy.text)" }
    let strategies = counts.count == 1 ? counts[0].strategy.text : shown.joined(separator: "+")
    let rest = counts.count > 3 ? "+\(counts.count - 3) more" : ""
    return ([pipelineSummary, strategies + rest].compactMap { $0 }).joined(separator: " ")
  }

  private var pipelineSummary: String? {
    guard pipelineParallel > 1 else { return nil }
    let isUneven = Set(layersPerStage).count > 1 && layersPerStage.count <= 8
    let stages = isUneven ? "(" + layersPerStage.map(String.init).joined(separator: ",") + ")" : ""
    return "pp\(pipelineParallel)" + (virtualStages > 1 ? "x\(virtualStages)" : "") + stages
  }
}
