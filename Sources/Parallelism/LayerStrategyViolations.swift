extension LayerStrategy {
  /// Everything that keeps the strategy from being laid out in a stage, whatever the other layers do.
  ///
  /// ZeRO with a single replica and expert parallelism on a dense layer do nothing and are allowed.
  ///
  /// - Parameters:
  ///   - path: Where the strategy stands, for example `plan.layers[3]`.
  ///   - limits: What the layer allows.
  ///   - stageSize: Devices of a stage; `nil` when it is not known because the pipeline degree is wrong.
  package func violations(path: String, limits: LayerLimits, stageSize: Int?) -> [PlanViolation] {
    let wrongDegrees = degrees.filter { $0.degree < 1 }
    guard wrongDegrees.isEmpty else {
      return wrongDegrees.map { .notPositive(path: "\(path).\($0.key)", found: $0.degree) }
    }
    var found: [PlanViolation] = []
    let product = saturatingProduct(tensorParallel, ulysses, contextParallel, dataParallel)
    if let stageSize, product != stageSize {
      found.append(.stageSizeMismatch(path: path, product: product, stageSize: stageSize))
    }
    if ulysses > 1 && tensorParallel > 1 {
      found.append(.ulyssesWithTensor(path: "\(path).ulysses", ulysses: ulysses, tensorParallel: tensorParallel))
    }
    if sequenceParallel && tensorParallel == 1 { found.append(.sequenceParallelAlone(path: "\(path).sp")) }
    return found + expertViolations(path, limits) + divisorViolations(path, limits)
      + sequenceViolations(path, limits)
  }

  /// The degrees by their keys in a plan file.
  private var degrees: [(key: String, degree: Int)] {
    [
      ("tp", tensorParallel), ("ulysses", ulysses), ("cp", contextParallel), ("dp", dataParallel),
      ("ep", expertParallel),
    ]
  }

  private func expertViolations(_ path: String, _ limits: LayerLimits) -> [PlanViolation] {
    var found: [PlanViolation] = []
    let ranks = saturatingProduct(dataParallel, contextParallel)
    if ranks % expertParallel != 0 {
      found.append(.expertRanks(path: "\(path).ep", expertParallel: expertParallel, ranks: ranks))
    }
    if limits.experts % expertParallel != 0 {
      found.append(
        .notDivisible(path: "\(path).ep", what: "experts", count: limits.experts, degree: expertParallel))
    }
    return found
  }

  /// Tensor parallelism divides every counted part, Ulysses the heads.
  private func divisorViolations(_ path: String, _ limits: LayerLimits) -> [PlanViolation] {
    limits.divisors.flatMap { divisor -> [PlanViolation] in
      let keys = [("tp", tensorParallel), ("ulysses", divisor.name.hasSuffix("heads") ? ulysses : 1)]
      return keys.filter { divisor.count % $0.1 != 0 }.map {
        .notDivisible(path: "\(path).\($0.0)", what: divisor.name, count: divisor.count, degree: $0.1)
      }
    }
  }

  /// Context parallelism, Ulysses and sequence parallelism cut the sequence one after the other.
  private func sequenceViolations(_ path: String, _ limits: LayerLimits) -> [PlanViolation] {
    var found: [PlanViolation] = []
    var positions = limits.sequenceLength
    for (key, degree) in [
      ("cp", contextParallel), ("ulysses", ulysses), ("sp", sequenceParallel ? tensorParallel : 1),
    ] {
      if positions % degree == 0 {
        positions /= degree
      } else {
        found.append(
          .notDivisible(path: "\(path).\(key)", what: "positions of the sequence", count: positions, degree: degree))
      }
    }
    return found
  }
}

/// The product of positive factors, `Int.max` where it does not fit: bad input has to be reported, not to trap.
func saturatingProduct(_ factors: Int...) -> Int {
  factors.reduce(1) { product, factor in
    let (result, overflow) = product.multipliedReportingOverflow(by: factor)
    return overflow ? .max : result
  }
}
