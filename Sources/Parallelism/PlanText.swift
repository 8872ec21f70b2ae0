extension ParallelPlan {
  /// The plan in one line; ``init(text:customSchedules:)`` reads it back.
  ///
  ///     pp2 vpp1 mb8 1f1b | 16,16 | 15*tp2-dp2 17*tp2-dp2-z3 | embed tp2-dp2 | head tp2-dp2
  ///
  /// Sections, separated by bars: pipeline degree, virtual stages per rank, micro-batches, schedule; layers of each
  /// virtual stage; strategies of the layers, `n*` before a strategy that `n` layers in a row share (see
  /// ``LayerStrategy/text``); the embedding; the head; and `stride n` when the pipeline is not the outermost dimension
  /// of the rank order. A schedule from outside is `custom:` and its name, which must not hold a bar.
  public var text: String {
    var sections = [
      "pp\(pipelineParallel) vpp\(virtualStages) mb\(microBatches) \(schedule.text)",
      layersPerStage.map(\.description).joined(separator: ","),
      Self.runs(layers).map { "\($0.count)*\($0.strategy.text)" }.joined(separator: " "),
      "embed \(embedding.text)",
      "head \(head.text)",
    ]
    if let stride = rankOrder.pipelineStride { sections.append("stride \(stride)") }
    return sections.joined(separator: " | ")
  }

  /// Reads what ``text`` writes. A strategy without `n*` stands for one layer.
  ///
  /// - Parameters:
  ///   - text: One line.
  ///   - customSchedules: Schedules from outside that the line may name.
  /// - Throws: ``PlanTextError`` for the first word that cannot be read.
  public init(text: String, customSchedules: [CustomSchedule] = []) throws(PlanTextError) {
    let sections = TextPiece(text).split(at: "|")
    let names = ["the pipeline", "the layers of each stage", "the layers' strategies", "embed", "head"]
    guard sections.count >= names.count else {
      let end = TextPiece(text).piece(text[text.endIndex...])
      throw end.error(.missing("| and \(names[sections.count])"))
    }
    guard sections.count <= names.count + 1 else { throw sections[6].error(.unknown(String(sections[6].text))) }
    let pipeline = try PipelineSection(sections[0], customSchedules)
    self.init(
      pipelineParallel: pipeline.pipelineParallel, virtualStages: pipeline.virtualStages,
      layersPerStage: try Self.stageList(sections[1]), layers: try Self.strategies(sections[2]),
      embedding: try Self.strategy(sections[3], after: "embed"), head: try Self.strategy(sections[4], after: "head"),
      microBatches: pipeline.microBatches, schedule: pipeline.schedule, rankOrder: .pipelineOutermost)
    if sections.count == 6 { rankOrder = try Self.rankOrder(sections[5]) }
  }

  /// Strategies that layers in a row share.
  private static func runs(_ layers: [LayerStrategy]) -> [(count: Int, strategy: LayerStrategy)] {
    var runs: [(count: Int, strategy: LayerStrategy)] = []
    for strategy in layers {
      if let last = runs.last, last.strategy == strategy {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((count: 1, strategy: strategy))
      }
    }
    return runs
  }

  private static func stageList(_ section: TextPiece) throws(PlanTextError) -> [Int] {
    var counts: [Int] = []
    for entry in section.split(at: ",") { counts.append(try entry.number(atLeast: 0)) }
    return counts
  }

  private static func strategies(_ section: TextPiece) throws(PlanTextError) -> [LayerStrategy] {
    var layers: [LayerStrategy] = []
    for word in section.words {
      guard let star = word.text.firstIndex(of: "*") else {
        layers.append(try LayerStrategy(word))
        continue
      }
      let countText = word.piece(word.text[..<star])
      let count = try countText.number(atLeast: 1)
      guard count <= 100_000 else { throw countText.error(.badNumber(String(countText.text))) }
      let strategy = try LayerStrategy(word.piece(word.text[star...].dropFirst()))
      layers += [LayerStrategy](repeating: strategy, count: count)
    }
    return layers
  }

  private static func strategy(_ section: TextPiece, after name: String) throws(PlanTextError) -> LayerStrategy {
    guard section.words.first?.text == name[...], let rest = section.dropping(name) else {
      throw section.error(.missing("\(name) and its strategy"))
    }
    return try LayerStrategy(rest.trimmed)
  }

  private static func rankOrder(_ section: TextPiece) throws(PlanTextError) -> RankOrder {
    guard let rest = section.dropping("stride") else { throw section.error(.unknown(String(section.text))) }
    return RankOrder(pipelineStride: try rest.trimmed.number(atLeast: 1))
  }
}

extension ParallelPlan: CustomStringConvertible {
  /// ``text``.
  public var description: String { text }
}

extension ScheduleChoice {
  /// A schedule's name; `custom:` before the name of a schedule from outside.
  public var text: String {
    switch self {
    case .named(let name): name
    case .custom(let schedule): "custom:\(schedule.name)"
    }
  }
}

/// The first section of a plan's text.
private struct PipelineSection {
  let pipelineParallel: Int
  let virtualStages: Int
  let microBatches: Int
  let schedule: ScheduleChoice

  init(_ section: TextPiece, _ customSchedules: [CustomSchedule]) throws(PlanTextError) {
    let words = section.words
    pipelineParallel = try Self.number("pp", words, 0, section)
    virtualStages = try Self.number("vpp", words, 1, section)
    microBatches = try Self.number("mb", words, 2, section)
    guard words.count > 3 else { throw section.error(.missing("a schedule after pp, vpp and mb")) }
    let rest = section.piece(section.text[words[3].text.startIndex...])
    if let name = rest.dropping("custom:") {
      guard let schedule = customSchedules.first(where: { $0.name == name.text }) else {
        throw name.error(.unknownCustomSchedule(String(name.text)))
      }
      self.schedule = .custom(schedule)
    } else {
      guard words.count == 4 else { throw words[4].error(.unknown(String(words[4].text))) }
      schedule = .named(String(rest.text))
    }
  }

  private static func number(
    _ key: String, _ words: [TextPiece], _ index: Int, _ section: TextPiece
  ) throws(PlanTextError) -> Int {
    guard words.count > index else { throw section.error(.missing("\(key) and a number")) }
    guard let number = words[index].dropping(key) else {
      throw words[index].error(.unknown(String(words[index].text)))
    }
    return try number.number(atLeast: 1)
  }
}
