import Costing
import Parallelism
import Quantities
import Workload

/// Compiles a setup: templates for every class of ranks and the order in which they run.
struct ProgramBuilder {
  private let setup: TrainingSetup
  private let layout: StageLayout
  private let classes: RankClasses
  private let sizes: [Int]
  private var pricing: LayerPricing
  private var set = ProgramSet()
  /// Rows of sends, by class, virtual stage, direction and micro-batch.
  private var sends: [SendKey: [Int32]] = [:]
  /// Receives whose sender is not known yet.
  private var receives: [PendingReceive] = []

  private struct SendKey: Hashable {
    var program: Int
    var stage: Int
    var isGradient: Bool
  }

  private struct PendingReceive {
    var operation: Int
    var program: Int
    var stage: Int
    var isGradient: Bool
  }

  init(setup: TrainingSetup, layout: StageLayout, classes: RankClasses, sizes: [Int], costs: [any CostModel]) {
    self.setup = setup
    self.layout = layout
    self.classes = classes
    self.sizes = sizes
    pricing = LayerPricing(setup: setup, costs: costs, devices: classes.kinds.kinds.map(\.device))
  }

  /// Compiles everything.
  ///
  /// - Throws: ``SimulationError/outOfRange(_:)`` when a rank would run more tasks than rows can be numbered.
  consuming func build() throws(SimulationError) -> ProgramSet {
    for index in classes.classes.indices { try addProgram(index) }
    resolveReceives()
    set.names = pricing.names
    return set
  }

  private mutating func addProgram(_ index: Int) throws(SimulationError) {
    let rankClass = classes.classes[index]
    let groups = classes.stageGroups[rankClass.stage]
    pricing.kind = rankClass.kind
    var lowering = StageLowering(
      setup: setup, layout: layout, rankClass: rankClass, groups: groups, pricing: pricing)
    let firstStep = set.steps.count
    var templates: [TemplateKey: Int32] = [:]
    var row = 0
    for (key, microBatch) in keys(ofRank: rankClass.stage) {
      let template = templates[key] ?? install(key, program: index, &lowering)
      templates[key] = template
      guard set.templates[Int(template)].operationCount > 0 else { continue }
      set.steps.append(ProgramStep(template: template, microBatch: Int32(microBatch), firstRow: Int32(row)))
      noteSend(key, template: template, program: index, microBatch: microBatch, row: row)
      row += Int(set.templates[Int(template)].operationCount)
      guard row <= TrainingSimulation.maximumTasks else { throw .tooManyTasks }
    }
    set.programs.append(
      Program(
        stage: rankClass.stage, firstStep: Int32(firstStep), stepCount: Int32(set.steps.count - firstStep),
        rowCount: row, resident: lowering.residentMemory(), groupNames: groups.uses.map(\.name)))
    pricing = lowering.pricing
  }

  /// The steps of a pipeline rank: its actions, then the update.
  private func keys(ofRank rank: Int) -> [(TemplateKey, Int)] {
    let actions = layout.actions[rank]
    var lastGradient: [Int: Int] = [:]
    for (index, action) in actions.enumerated() {
      switch action {
      case .backward(let stage, _), .backwardWeight(let stage, _): lastGradient[stage] = index
      case .forward, .backwardInput: break
      }
    }
    var started: Set<Int> = []
    var keys = actions.enumerated().map { index, action in
      let isFirst = started.insert(action.stage).inserted && keepsParameters(action.stage)
      return (
        TemplateKey(
          pass: pass(of: action), stage: action.stage, size: sizes[action.microBatch], isFirst: isFirst,
          isLast: lastGradient[action.stage] == index), action.microBatch
      )
    }
    keys.append((TemplateKey(pass: .update, stage: -1, size: 0, isFirst: false, isLast: false), -1))
    return keys
  }

  private func pass(of action: ScheduleAction) -> TemplateKey.Pass {
    switch action {
    case .forward: .forward
    case .backward: .backward
    case .backwardInput: .backwardInput
    case .backwardWeight: .backwardWeight
    }
  }

  /// Whether the first forward pass of a stage differs from the others.
  private func keepsParameters(_ stage: Int) -> Bool {
    layout.layers[stage].contains { number in
      switch setup.strategy(number).zero {
      case .none: false
      case .optimizer, .gradients: setup.options.overlapParameterGather
      case .parameters: !setup.options.reshardAfterForward
      }
    }
  }

  private mutating func install(_ key: TemplateKey, program: Int, _ lowering: inout StageLowering) -> Int32 {
    let builder = lowering.lower(key)
    let template = builder.install(in: &set, name: name(of: key))
    for operation in set.operationRange(ofTemplate: Int(template)) where set.operations[operation].role == .receive {
      receives.append(
        PendingReceive(
          operation: operation, program: program, stage: key.pass == .forward ? key.stage - 1 : key.stage + 1,
          isGradient: key.pass != .forward))
    }
    return template
  }

  private func name(of key: TemplateKey) -> String {
    switch key.pass {
    case .forward: "forward of stage \(key.stage)"
    case .backward: "backward of stage \(key.stage)"
    case .backwardInput: "input gradient of stage \(key.stage)"
    case .backwardWeight: "weight gradients of stage \(key.stage)"
    case .update: "update"
    }
  }

  private mutating func noteSend(
    _ key: TemplateKey, template: Int32, program: Int, microBatch: Int, row: Int
  ) {
    let range = set.operationRange(ofTemplate: Int(template))
    guard let send = range.first(where: { set.operations[$0].role == .send }) else { return }
    let sendKey = SendKey(program: program, stage: key.stage, isGradient: key.pass != .forward)
    let unset = Array(repeating: Int32(-1), count: sizes.count)
    sends[sendKey, default: unset][microBatch] = Int32(row + send - range.lowerBound)
  }

  /// Connects receives to the rows of their sends, now that all programs are laid out.
  private mutating func resolveReceives() {
    var channels: [SendKey: [Int: Int32]] = [:]
    for receive in receives {
      let rankClass = classes.classes[receive.program]
      let peer = layout.owner[receive.stage]
      let position = classes.location(rankClass.members[0]).position
      let sender = classes.classOfRank[classes.rank(stage: peer, position: position)]
      let key = SendKey(program: sender, stage: receive.stage, isGradient: receive.isGradient)
      let slot = layout.peerSlot(of: rankClass.stage, peer: peer)
      if let known = channels[key]?[Int(slot)] {
        set.operations[receive.operation].link = known
        continue
      }
      let channel = Int32(set.channels.count)
      set.channels.append(Channel(peerSlot: slot, firstSendRow: Int32(set.sendRows.count)))
      set.sendRows += sends[key] ?? Array(repeating: -1, count: sizes.count)
      channels[key, default: [:]][Int(slot)] = channel
      set.operations[receive.operation].link = channel
    }
  }
}
