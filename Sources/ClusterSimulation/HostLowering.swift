import Costing
import Parallelism
import Quantities
import Workload

/// The processor launches kernels in order and runs ahead of the GPU. A layer's launches are one operation of the host
/// stream; what follows the layer waits for it, so that a stage takes the longer of launching and computing, and the lead
/// gained in one part is used up in another.
extension StageLowering {
  /// Begins a step: the framework's work around it, and the wait for messages where it synchronises.
  func beginHostStep(_ builder: inout TemplateBuilder, received: Int?) {
    let host = setup.options.framework.host
    guard !host.isFree else { return }
    let isSynchronised =
      switch host.messageWait {
      case .never: false
      case .plainSchedules: setup.plan.pipelineParallel > 1 && setup.plan.virtualStages == 1
      case .always: setup.plan.pipelineParallel > 1
      }
    var waits: [Wait] = []
    if isSynchronised {
      waits = [.earlierSteps(of: .compute), .earlierSteps(of: .pipelineSend), .earlierSteps(of: .tensor)]
      if let received { waits.append(.operation(received)) }
    }
    let messages = setup.plan.pipelineParallel > 1 ? host.message : .zero
    launch(host.step + messages, waits: waits, &builder)
  }

  /// Ends a layer whose operations begin with `first`.
  func endHostLayer(_ builder: inout TemplateBuilder, since first: Int) {
    let host = setup.options.framework.host
    guard !host.isFree else { return }
    var time = Seconds.zero
    let isCrowded = rankClass.crossesNodes.contains(true)
    for (operation, info) in zip(builder.operations[first...], builder.infos[first...]) {
      switch StreamKind(rawValue: operation.stream) {
      case .compute: time += host.kernel
      case .tensor where isCrowded: time += host.collective + Double(info.groupSize) * host.crowdedCollective
      case .tensor, .context, .expert, .data: time += host.collective
      default: break
      }
    }
    launch(time, waits: [], &builder)
  }

  /// Ends the iteration.
  func endHostIteration(_ builder: inout TemplateBuilder) {
    let host = setup.options.framework.host
    guard host.iteration > .zero else { return }
    launch(host.iteration, waits: [builder.everything(on: .compute), builder.everything(on: .data)], &builder)
  }

  private func launch(_ time: Seconds, waits: [Wait], _ builder: inout TemplateBuilder) {
    guard time > .zero || !waits.isEmpty else { return }
    let device = setup.cluster.device(ofRank: rankClass.members[0])
    let scaled = LongRunTraits.of(device).hostTime * time
    let index = builder.add(
      .host, duration: scaled.roundedUp.nanoseconds, waits: waits,
      TemplateBuilder.Description(name: launchName, kind: .launch))
    builder.joinFrontier(.operation(index))
  }
}
