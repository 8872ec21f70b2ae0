import Quantities

/// One kind of link, as one GPU (or one network card) sees it.
public struct LinkSpec: Hashable, Sendable {
  /// Catalogue name, for example `nvlink3`.
  public let name: String
  /// Peak rate per direction.
  public let bandwidth: Bandwidth
  /// Time from the start of a message to the arrival of its first byte, software included.
  public let latency: Seconds
  /// Fraction of ``bandwidth`` reached by large collectives; size is bytes.
  public let efficiency: EfficiencyCurve
  /// Evidence of each key of the catalogue file, by key.
  public let provenance: [String: Provenance]

  /// Describes a link.
  public init(
    name: String, bandwidth: Bandwidth, latency: Seconds, efficiency: EfficiencyCurve,
    provenance: [String: Provenance]
  ) {
    self.name = name
    self.bandwidth = bandwidth
    self.latency = latency
    self.efficiency = efficiency
    self.provenance = provenance
  }
}
