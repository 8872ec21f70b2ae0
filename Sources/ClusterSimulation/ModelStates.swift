import Parallelism
import Quantities
import Workload

/// Bytes of the states a rank keeps of some layers.
struct ModelStates {
  /// Weights held between steps (a shard under ZeRO-3).
  var parameterBytes: Int64 = 0
  /// Accumulated gradients held between micro-batches.
  var gradientBytes: Int64 = 0
  /// Master weights and moments.
  var optimizerBytes: Int64 = 0
  /// Weights this rank updates (a shard under every ZeRO stage).
  var updatedParameterBytes: Int64 = 0
  /// Gradients of the weights this rank updates.
  var updatedGradientBytes: Int64 = 0

  static func + (left: ModelStates, right: ModelStates) -> ModelStates {
    ModelStates(
      parameterBytes: left.parameterBytes + right.parameterBytes,
      gradientBytes: left.gradientBytes + right.gradientBytes,
      optimizerBytes: left.optimizerBytes + right.optimizerBytes,
      updatedParameterBytes: left.updatedParameterBytes + right.updatedParameterBytes,
      updatedGradientBytes: left.updatedGradientBytes + right.updatedGradientBytes)
  }
}

extension StageLowering {
  /// Parameters of a layer outside its experts on one rank, without ZeRO.
  ///
  /// A last stage without the embedding holds a copy of a tied table.
  mutating func denseParameters(_ number: Int) -> Int64 {
    let strategy = setup.strategy(number)
    let own = pricing.layer(number, size: strategy.dataParallel).denseParameters
    guard number == setup.layerCount - 1, setup.sharesTiedEmbedding(layout), let tied = setup.model.tiedParameters
    else { return own }
    return own + tied.countPerRank(tensorParallel: strategy.tensorParallel, expertParallel: 1)
  }

  /// States of all layers of the rank. A tied embedding whose two ends share a rank is held once.
  mutating func modelStates() -> ModelStates {
    layout.layers(ofRank: rank).reduce(ModelStates()) { $0 + modelStates($1) }
  }

  /// States of one layer (Rajbhandari et al. 2020, arXiv 1910.02054, section 5).
  mutating func modelStates(_ number: Int) -> ModelStates {
    let layer = pricing.layer(number, size: setup.strategy(number).dataParallel)
    return states(denseParameters(number), number, replicas: replicas(number))
      + states(layer.expertParameters, number, replicas: replicas(number, expert: true))
  }

  private func states(_ parameters: Int64, _ number: Int, replicas: Int64) -> ModelStates {
    let zero = setup.strategy(number).zero
    let shard = (parameters + replicas - 1) / replicas
    let shardsGradients = zero >= .gradients && setup.reducesEveryMicroBatch(number)
    return ModelStates(
      parameterBytes: (zero == .parameters ? shard : parameters) * setup.job.parameterBytes,
      gradientBytes: (shardsGradients ? shard : parameters) * setup.job.gradientFormat.bytesPerElement,
      optimizerBytes: (zero == .none ? parameters : shard) * setup.job.optimizerBytesPerParameter,
      updatedParameterBytes: (zero == .none ? parameters : shard) * setup.job.parameterBytes,
      updatedGradientBytes: (zero == .none ? parameters : shard) * setup.job.gradientFormat.bytesPerElement)
  }

  /// What the rank holds from before the first task to after the last.
  mutating func residentMemory() -> [ResidentMemory] {
    var resident: [ResidentMemory] = []
    for number in layout.layers(ofRank: rank) {
      let states = modelStates(number)
      let parts: [(MemoryCategory, Int64)] = [
        (.parameters, states.parameterBytes), (.gradients, states.gradientBytes), (.optimizer, states.optimizerBytes),
      ]
      for (category, bytes) in parts where bytes > 0 {
        resident.append(ResidentMemory(category: category, layer: Int32(number), bytes: Bytes(bytes)))
      }
    }
    if setup.options.communicationBuffers > .zero {
      resident.append(
        ResidentMemory(category: .communication, layer: -1, bytes: setup.options.communicationBuffers))
    }
    resident.append(
      ResidentMemory(
        category: .context, layer: -1, bytes: setup.cluster.device(ofRank: rankClass.members[0]).contextMemory))
    return resident
  }
}
