import Costing
import Hardware
import Parallelism
import Workload

/// Everything one simulation needs, read, resolved and checked.
public struct Scenario: Hashable, Sendable {
  /// Name for people and for results.
  public let name: String
  /// What the scenario is about; empty when the file does not say.
  public let description: String
  /// The model, laid out for the job's sequence length.
  public let model: Model
  /// The cluster with all its nodes.
  public let cluster: Cluster
  /// What one iteration trains on.
  public let job: TrainingJob
  /// Who computes what; free of violations for this model, job and cluster.
  public let plan: ParallelPlan
  /// How the training framework runs the plan.
  public let options: ExecutionOptions
  /// How ranks differ from each other.
  public let conditions: Conditions
  /// What kernels cost.
  public let kernelCosts: KernelCosts
  /// All inputs with their references resolved: what a trace keeps to be reproducible.
  public let resolved: JSONValue
  /// Read for a search: why the scenario's own plan cannot be used, so that only its schedule counts.
  public let planProblem: InputProblem?

  /// ``resolved`` as one line of JSON.
  public var resolvedText: String { resolved.compactText }
}
