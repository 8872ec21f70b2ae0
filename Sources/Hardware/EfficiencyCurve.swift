/// The achieved fraction of a peak as a function of the size of the work, interpolated linearly in log2(size).
///
/// Below the first and above the last point the curve is flat.
public struct EfficiencyCurve: Hashable, Sendable {
  /// One measured or published point.
  public struct Point: Hashable, Sendable {
    /// Size of the work (operations of a GEMM, bytes of a transfer), above zero.
    public let size: Double
    /// Fraction of the peak reached, in (0, 1].
    public let fraction: Double

    /// Makes a point.
    public init(size: Double, fraction: Double) {
      self.size = size
      self.fraction = fraction
    }
  }

  /// Points in strictly increasing size; at least one.
  public let points: [Point]
  /// Where the points come from.
  public let provenance: Provenance

  /// Adopts measured points; `nil` when they are empty, not increasing, or a fraction leaves (0, 1].
  public init?(points: [Point], provenance: Provenance) {
    guard !points.isEmpty, points.allSatisfy({ $0.size > 0 && $0.fraction > 0 && $0.fraction <= 1 }) else { return nil }
    guard zip(points, points.dropFirst()).allSatisfy({ $0.size < $1.size }) else { return nil }
    self.points = points
    self.provenance = provenance
  }

  /// The same fraction at every size; `nil` outside (0, 1].
  public init?(constant fraction: Double, provenance: Provenance) {
    self.init(points: [Point(size: 1, fraction: fraction)], provenance: provenance)
  }
}
