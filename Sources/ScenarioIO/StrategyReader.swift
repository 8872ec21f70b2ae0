import Parallelism

/// Reads strategies of layers: mappings of degrees, texts (`tp2-dp4-z3`), run-length lists of both.
struct StrategyReader {
  let log: ProblemLog
  /// GPUs of a pipeline stage.
  let stageSize: Int

  /// The strategy a mapping's degrees describe; `dp` is what is left of the stage where it is not given.
  func strategy(_ reader: MappingReader) -> LayerStrategy? {
    let before = log.problems.count
    var strategy = LayerStrategy()
    let degrees = 1...stageSize
    strategy.tensorParallel = reader.integer("tp", in: degrees) ?? 1
    strategy.contextParallel = reader.integer("cp", in: degrees) ?? 1
    strategy.ulysses = reader.integer("ulysses", in: degrees) ?? 1
    strategy.expertParallel = reader.integer("ep", in: degrees) ?? 1
    strategy.zero = reader.integer("zero", in: 0...3).flatMap(ZeroStage.init(rawValue:)) ?? .none
    strategy.sequenceParallel = reader.boolean("sequence_parallel") ?? false
    strategy.recompute =
      reader.choice("recompute", among: RecomputePolicy.allCases.map { ($0.rawValue, $0) }) ?? .none
    strategy.isConsecutive = reader.choice("placement", among: [("consecutive", true), ("strided", false)]) ?? true
    let replicas = reader.integer("dp", in: degrees)
    guard log.problems.count == before else { return nil }
    guard let dataParallel = replicas ?? remainder(strategy, reader) else { return nil }
    strategy.dataParallel = dataParallel
    return strategy
  }

  /// The data-parallel degree that fills the stage.
  private func remainder(_ strategy: LayerStrategy, _ reader: MappingReader) -> Int? {
    // Three degrees of at most a billion each overflow 64 bits, so the product is formed step by step.
    var product = 1
    for degree in [strategy.tensorParallel, strategy.ulysses, strategy.contextParallel] {
      let (next, overflow) = product.multipliedReportingOverflow(by: degree)
      product = overflow ? .max : next
      if overflow { break }
    }
    if stageSize % product == 0 { return stageSize / product }
    let culprit = ["tp", "ulysses", "cp"].compactMap { reader.value($0) }.first ?? reader.node
    log.add(
      at: culprit.position, path: reader.path,
      "found tp \(strategy.tensorParallel) x ulysses \(strategy.ulysses) x cp \(strategy.contextParallel)"
        + " on stages of \(stageSize) GPUs", "expected degrees whose product divides \(stageSize)")
    return nil
  }

  /// The strategy under a key of the plan; `nil` when it is absent or wrong.
  func named(_ key: String, in reader: MappingReader) -> LayerStrategy? {
    guard let node = reader.value(key) else { return nil }
    let path = reader.path(key)
    if node.isMapping {
      return MappingReader(node, path: path, keys: .strategy, log: log).flatMap { strategy($0) }
    }
    guard let text = log.text(node, path: path, expected: "a strategy such as tp8-dp2 or a mapping") else { return nil }
    return strategy(text: text, node, path: path)
  }

  private func strategy(text: String, _ node: DocumentNode, path: String) -> LayerStrategy? {
    do throws(PlanTextError) {
      return try LayerStrategy(text: text)
    } catch {
      log.adopt(InputError(kind: .badInput, problems: [LocatedText("\(error)", under: node, path: path).problem]))
      return nil
    }
  }

  /// A run-length list, `[16*tp2-dp4, {count: 16, tp: 4}]`; at most `blocks` strategies are kept in memory.
  func list(_ node: DocumentNode, path: String, blocks: Int) -> [LayerStrategy]? {
    guard case .list(let items) = node.value, !items.isEmpty else {
      log.add(node, path: path, expected: "a list such as [16*tp2-dp4, 16*tp4-dp2]")
      return nil
    }
    let before = log.problems.count
    var strategies: [LayerStrategy] = []
    var total = 0
    for (index, item) in items.enumerated() {
      guard let (count, strategy) = run(item, path: "\(path)[\(index)]") else { continue }
      total += count
      guard total <= blocks else { continue }
      strategies += Array(repeating: strategy, count: count)
    }
    guard log.problems.count == before else { return nil }
    guard total == blocks else {
      log.add(
        at: node.position, path: path, "found strategies for \(total) layers, the model has \(blocks) blocks",
        "expected one strategy for each block")
      return nil
    }
    return strategies
  }

  /// One item of a run-length list.
  private func run(_ node: DocumentNode, path: String) -> (count: Int, strategy: LayerStrategy)? {
    if node.isMapping {
      guard let reader = MappingReader(node, path: path, keys: .countedStrategy, log: log) else { return nil }
      let count = reader.integer("count", in: 1...100_000)
      guard let strategy = strategy(reader), count != nil || reader.value("count") == nil else { return nil }
      return (count ?? 1, strategy)
    }
    guard let text = log.text(node, path: path, expected: "a strategy such as 16*tp2-dp4 or a mapping") else {
      return nil
    }
    guard let star = text.firstIndex(of: "*") else { return strategy(text: text, node, path: path).map { (1, $0) } }
    guard let count = Int(text[..<star]), (1...100_000).contains(count) else {
      log.add(node, path: path, expected: "a count from 1 to 100000 before the *")
      return nil
    }
    return strategy(text: String(text[text.index(after: star)...]), node, path: path).map { (count, $0) }
  }
}
