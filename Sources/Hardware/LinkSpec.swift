import Quantities

/// One kind of link, as one GPU (or one network card) sees it.
public struct LinkSpec: Hashable, Sendable {
  /// Catalogue name, for example `nvlink3`.
  public let name: String
  /// Peak rate per direction.
  public let bandwidth: Bandwidth
  /// Time from the start of a message to the arrival of its first byte, software included; with ``collectives`` the
  /// hop of the fastest protocol, which those of the others are multiples of.
  public let latency: Seconds
  /// Fraction of ``bandwidth`` reached by large collectives; size is bytes.
  public let efficiency: EfficiencyCurve
  /// How a collective library drives the link; `nil`: as its latency and efficiency say.
  public let collectives: CollectiveTraits?
  /// Evidence of each key of the catalogue file, by key.
  public let provenance: [String: Provenance]

  /// Describes a link.
  public init(
    name: String, bandwidth: Bandwidth, latency: Seconds, efficiency: EfficiencyCurve,
    collectives: CollectiveTraits? = nil, provenance: [String: Provenance]
  ) {
    self.name = name
    self.bandwidth = bandwidth
    self.latency = latency
    self.efficiency = efficiency
    self.collectives = collectives
    self.provenance = provenance
  }
}
