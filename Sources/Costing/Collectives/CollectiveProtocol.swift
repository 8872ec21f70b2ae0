import Hardware
import Quantities

/// How a rank tells its neighbour that data has arrived.
public enum CollectiveProtocol: String, CaseIterable, Hashable, Sendable {
  /// A flag beside every 4 bytes: lowest latency, half of the rate.
  case lowLatency = "LL"
  /// A flag beside every 120 bytes: low latency, nearly the whole rate; needs stores that arrive in order.
  case lowLatency128 = "LL128"
  /// Flags apart from the data after a fence: highest latency, the whole rate.
  case simple = "Simple"
}

/// What the latency constants of an algorithm go by.
enum LatencyFamily: Hashable, Sendable {
  case ring
  case tree
  /// Switches inside a node reduce (NVLS).
  case switched
  /// Switches inside a node reduce, a tree joins the nodes (NVLS tree).
  case switchedTree
  /// Switches of the network reduce (CollNet, SHARP).
  case network
}

/// The constants of NCCL's tuner, as facts from github.com/NVIDIA/nccl @5067397c26, src/graph/tuning.cc.
enum ProtocolConstants {
  /// Time of a call before its first hop.
  static func base(_ family: LatencyFamily, _ choice: CollectiveProtocol) -> Seconds {
    switch choice {
    case .lowLatency: .microseconds(family == .tree ? 6.8 : 6.6)
    case .lowLatency128: .microseconds(14)
    case .simple: .microseconds(8.4)
    }
  }

  /// Latency of a hop as a multiple of ``reference(_:)``.
  static func hopRatio(
    _ family: LatencyFamily, _ choice: CollectiveProtocol, _ medium: CollectiveTraits.Medium
  ) -> Double {
    hop(family, choice, medium) / reference(medium)
  }

  /// The latency a link file states: the hop of the low-latency protocol, of the tree in a network (which the
  /// smallest messages use), in microseconds.
  private static func reference(_ medium: CollectiveTraits.Medium) -> Double {
    switch medium {
    case .nvlink: 0.6
    case .pcie: 1.0
    case .network: 5.0
    }
  }

  /// Latency of a hop in microseconds.
  private static func hop(
    _ family: LatencyFamily, _ choice: CollectiveProtocol, _ medium: CollectiveTraits.Medium
  ) -> Double {
    switch (medium, family) {
    case (.nvlink, .ring): pick(choice, 0.6, 1.9, 3.4)
    case (.nvlink, .tree): pick(choice, 0.6, 1.25, 4.0)
    case (.nvlink, .switched), (.nvlink, .switchedTree): 25
    case (.nvlink, .network): 3.7
    case (.pcie, .ring): pick(choice, 1.0, 2.5, 5.7)
    case (.pcie, _): pick(choice, 1.0, 1.9, 4.0)
    case (.network, .ring): pick(choice, 2.7, 4.0, 14.0)
    case (.network, .tree): pick(choice, 5.0, 8.5, 14.0)
    case (.network, .switched): 18
    case (.network, .switchedTree): 20.9
    case (.network, .network): 31
    }
  }

  private static func pick(_ choice: CollectiveProtocol, _ low: Double, _ middle: Double, _ simple: Double) -> Double {
    switch choice {
    case .lowLatency: low
    case .lowLatency128: middle
    case .simple: simple
    }
  }

  /// Most the low-latency protocol carries, flags included.
  static func lowLatencyCap(_ generation: CollectiveTraits.Generation, nodes: Int) -> Bandwidth {
    let caps: (one: Double, two: Double, more: Double) =
      switch generation {
      case .volta: (39, 39, 20.4)
      case .ampere: (87.7, 22.5, 19)
      case .hopper: (141, 45, 35)
      case .blackwell: (282, 90, 70)
      }
    return .gigabytesPerSecond(nodes == 1 ? caps.one : nodes == 2 ? caps.two : caps.more)
  }

  /// Most one channel of a ring carries with the 128-byte protocol.
  static func lowLatency128Cap(_ generation: CollectiveTraits.Generation) -> Bandwidth {
    switch generation {
    case .volta, .ampere: .gigabytesPerSecond(20)
    case .hopper: .gigabytesPerSecond(36.7)
    case .blackwell: .gigabytesPerSecond(40)
    }
  }

  /// Data per byte on the wire.
  static func dataFraction(_ choice: CollectiveProtocol) -> Double {
    switch choice {
    case .lowLatency: 0.5
    case .lowLatency128: 0.92
    case .simple: 1
    }
  }

  /// Bytes below which a call uses no further channel: 512 threads of 8 bytes each, 64 with the simple protocol (the
  /// same source, src/include/comm.h).
  static func bytesPerChannel(_ choice: CollectiveProtocol) -> Double {
    choice == .simple ? 32_768 : 4096
  }

  /// What one channel has under way: a buffer of 4 MiB in 8 steps (the same source, src/init.cc).
  static let bytesInFlight = 524_288.0

  /// Share of a ring step that copies inside a GPU and hides behind no transfer, for each pass over the buffers of an
  /// all-reduce: fitted to the large-message rates of 2 to 8 A100s, 196, 212, 221.6, 224.3, 226.3, 228.3 and 229 GB/s
  /// of bus bandwidth (trace/a100 in github.com/VIA-Research/vTrain @f8dda8473a); 7 points, rms error 1 %.
  static let ringCopy = 0.386
}
