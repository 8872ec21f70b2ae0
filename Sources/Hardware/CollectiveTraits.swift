import Quantities

/// How a collective library drives a link: which of its constants hold, and what the switches can do.
///
/// A link without traits is driven by one protocol without fixed costs: its latency and its efficiency curve say all.
public struct CollectiveTraits: Hashable, Sendable {
  /// What the bytes travel on; decides the latency of a hop.
  public enum Medium: String, CaseIterable, Hashable, Sendable {
    /// NVLink or another fabric of GPUs inside a node.
    case nvlink
    /// PCI Express.
    case pcie
    /// Network cards and their switches.
    case network
  }

  /// The GPU whose limits hold.
  public enum Generation: String, CaseIterable, Hashable, Sendable {
    /// Compute capability 7 (V100, TITAN RTX).
    case volta
    /// Compute capability 8.
    case ampere
    /// Compute capability 9.
    case hopper
    /// Compute capability 10.
    case blackwell
  }

  /// How GPUs drive a link inside a node.
  public struct Driver: Hashable, Sendable {
    /// Which limits of the protocols hold.
    public let generation: Generation
    /// Most channels (rings, trees) one call uses.
    public let channels: Int
    /// Time from the call on the last rank to the first byte, beyond what the library's own model counts.
    public let callOverhead: Seconds

    /// Describes a driver; at least one channel.
    public init(generation: Generation, channels: Int, callOverhead: Seconds) {
      self.generation = generation
      self.channels = channels
      self.callOverhead = callOverhead
    }
  }

  /// What the bytes travel on.
  public let medium: Medium
  /// How GPUs drive the link; `nil` for a network.
  public let driver: Driver?
  /// Fraction of the link's rate at which switches on the way reduce and copy (NVLink SHARP inside a node, SHARP in a
  /// network), each GPU or card sending the payload once; size is bytes. `nil` where switches only forward.
  public let inSwitch: EfficiencyCurve?

  /// Describes how a link is driven.
  public init(medium: Medium, driver: Driver? = nil, inSwitch: EfficiencyCurve? = nil) {
    self.medium = medium
    self.driver = driver
    self.inSwitch = inSwitch
  }
}
