import Costing
import Quantities

/// How much of the kernels' time of a rank rests on what.
public struct BasisShares: Hashable, Sendable {
  /// Nanoseconds of each ``KernelBasis``.
  private var times = Array(repeating: Int64(0), count: KernelBasis.allCases.count)

  /// Time of kernels that rest on a basis.
  public subscript(basis: KernelBasis) -> SimDuration { SimDuration(nanoseconds: times[Int(basis.rawValue)]) }

  /// Time of all kernels.
  public var total: SimDuration { SimDuration(nanoseconds: times.reduce(0, +)) }

  /// The part of the kernels' time that rests on a basis, from 0 to 1; 0 without kernels.
  public func share(_ basis: KernelBasis) -> Double {
    let sum = total.nanoseconds
    return sum > 0 ? Double(times[Int(basis.rawValue)]) / Double(sum) : 0
  }

  fileprivate mutating func add(_ nanoseconds: Int64, _ basis: KernelBasis) {
    times[Int(basis.rawValue)] += nanoseconds
  }
}

extension SimulationResult {
  /// What the kernels of the rank that computes longest rest on: the durations they were priced at, before slow
  /// intervals and jitter.
  public var busiestBasisShares: BasisShares {
    trace.programs.programs.indices.map { trace.programs.basisShares(ofProgram: $0) }
      .max { $0.total < $1.total } ?? BasisShares()
  }
}

extension ProgramSet {
  /// What the kernels of a program rest on.
  func basisShares(ofProgram program: Int) -> BasisShares {
    var runs = Array(repeating: Int64(0), count: templates.count)
    for step in steps[stepRange(ofProgram: program)] { runs[Int(step.template)] += 1 }
    var shares = BasisShares()
    for template in templates.indices where runs[template] > 0 {
      for operation in operationRange(ofTemplate: template) {
        guard let basis = infos[operation].basis else { continue }
        shares.add(runs[template] * operations[operation].duration, basis)
      }
    }
    return shares
  }
}
