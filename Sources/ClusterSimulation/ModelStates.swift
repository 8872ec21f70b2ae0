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

  static func + (left: ModelStates, right: ModelStates) -> ModelStates {
    ModelStates(
      parameterBytes: left.parameterBytes + right.parameterBytes,
      gradientBytes: left.gradientBytes + right.gradientBytes,
      optimizerBytes: left.optimizerBytes + right.optimizerBytes,
      updatedParameterBytes: left.updatedParameterBytes + right.updatedParameterBytes)
  }
}

extension StageLowering {
  /// States of all layers of the rank.
  mutating func modelStates() -> ModelStates {
    layout.layers(ofRank: rank).reduce(ModelStates()) { $0 + modelStates($1) }
  }

  /// States of one layer (Rajbhandari et al. 2020, arXiv 1910.02054, section 5).
  mutating func modelStates(_ number: Int) -> ModelStates {
    let counts = parameterCounts(number)
    return states(counts.dense, number, replicas: replicas(number))
      + states(counts.expert, number, replicas: replicas(number, expert: true))
  }

  /// Parameters of a layer one rank holds without ZeRO. The head of a tied model counts the token table when the embedding
  /// lives on another pipeline rank, because then it holds a copy.
  mutating func parameterCounts(_ number: Int) -> (dense: Int64, expert: Int64) {
    let layer = pricing.layer(number, size: setup.strategy(number).dataParallel)
    let holdsCopy = number == setup.layerCount - 1 && setup.sharesTiedEmbedding(layout)
    return (layer.denseParameters + (holdsCopy ? tiedParameters(number) : 0), layer.expertParameters)
  }

  /// Parameters of the token table one rank of a layer holds when the model ties them to the head's; 0 when it does not.
  func tiedParameters(_ number: Int) -> Int64 {
    setup.model.tiedParameters?.countPerRank(
      tensorParallel: setup.strategy(number).tensorParallel, expertParallel: 1) ?? 0
  }

  private func states(_ parameters: Int64, _ number: Int, replicas: Int64) -> ModelStates {
    let zero = setup.strategy(number).zero
    let shard = (parameters + replicas - 1) / replicas
    let shardsGradients = zero >= .gradients && setup.reducesEveryMicroBatch(number)
    return ModelStates(
      parameterBytes: (zero == .parameters ? shard : parameters) * setup.job.parameterBytes,
      gradientBytes: (shardsGradients ? shard : parameters) * setup.job.gradientFormat.bytesPerElement,
      optimizerBytes: (zero == .none ? parameters : shard) * setup.job.optimizerBytesPerParameter,
      updatedParameterBytes: (zero == .none ? parameters : shard) * setup.job.parameterBytes)
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
    resident.append(ResidentMemory(category: .context, layer: -1, bytes: setup.cluster.device.contextMemory))
    return resident
  }
}
