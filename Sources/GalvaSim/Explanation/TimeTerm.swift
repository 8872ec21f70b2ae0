import ClusterSimulation
import Costing
import Hardware
import Quantities
import ScenarioIO

/// Kernels of one name on a rank: how often they ran, how long, and what held them up.
public struct TimeTerm: Hashable, Sendable {
  /// What limits a kernel.
  public enum Limit: String, Hashable, Sendable {
    /// Arithmetic: at least half the peak of the device in the job's format.
    case arithmetic
    /// Memory: at least half the bandwidth of the device.
    case memory
    /// Neither: launches, latencies, tiles that do not fill the device.
    case overhead
  }

  /// What the kernels do.
  public let kind: TaskKind
  /// Their name.
  public let name: String
  /// How often they ran in the iteration.
  public let count: Int
  /// Seconds in all.
  public let seconds: Double
  /// Floating-point operations per second; 0 for none.
  public let rate: Double
  /// Bytes of memory traffic per second.
  public let bandwidth: Double
  /// What limits them.
  public let limit: Limit
}

extension SimulationResult {
  /// Kernels of a simulated rank's compute stream by kind and name, the longest first; they add up to its compute and
  /// optimizer time.
  func timeTerms(ofSimulatedRank rank: Int) -> [TimeTerm] {
    struct Key: Hashable {
      var kind: TaskKind
      var name: Int32
    }
    struct Sum {
      var count = 0
      var nanoseconds: Int64 = 0
      var operations = 0.0
      var bytes: Int64 = 0
    }
    var sums: [Key: Sum] = [:]
    trace.forEachTask(ofSimulatedRank: rank) { task in
      guard task.stream == .compute, task.info.kind != .marker, task.end > task.start else { return }
      let key = Key(kind: task.info.kind, name: task.info.name)
      var sum = sums[key] ?? Sum()
      sum.count += 1
      sum.nanoseconds += (task.end - task.start).nanoseconds
      sum.operations += task.info.operations
      sum.bytes += task.info.bytes
      sums[key] = sum
    }
    let device = setup.cluster.device(ofRank: trace.map.globalRanks[rank])
    let peak = device.peak(for: setup.job.format)?.operationsPerSecond ?? .infinity
    let terms = sums.map { key, sum -> TimeTerm in
      let seconds = Double(sum.nanoseconds) * 1e-9
      let (rate, bandwidth) = (sum.operations / seconds, Double(sum.bytes) / seconds)
      let limit: TimeTerm.Limit =
        rate >= 0.5 * peak
        ? .arithmetic : (bandwidth >= 0.5 * device.memoryBandwidth.bytesPerSecond ? .memory : .overhead)
      return TimeTerm(
        kind: key.kind, name: trace.programs.names[Int(key.name)], count: sum.count, seconds: seconds, rate: rate,
        bandwidth: bandwidth, limit: limit)
    }
    return terms.sorted {
      $0.seconds != $1.seconds
        ? $0.seconds > $1.seconds : ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name)
    }
  }
}
