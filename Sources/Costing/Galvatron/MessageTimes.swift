/// Profiled times of one collective over one group, by message size.
public struct MessageTimes: Hashable, Sendable {
  /// Message sizes in MB (2^20 bytes), ascending.
  public let megabytes: [Double]
  /// Time of each, in milliseconds.
  public let milliseconds: [Double]
  private let line: LinearFit

  /// Adopts a table; `nil` with fewer than two sizes, or sizes that are not distinct.
  public init?(points: [(megabytes: Double, milliseconds: Double)]) {
    let sorted = points.sorted { $0.megabytes < $1.megabytes }
    guard let line = LinearFit(sorted.map { ($0.megabytes, $0.milliseconds) }) else { return nil }
    megabytes = sorted.map(\.megabytes)
    milliseconds = sorted.map(\.milliseconds)
    self.line = line
  }

  /// Milliseconds of a message: the profiled time of exactly its size, else the fitted line.
  public func time(megabytes size: Double) -> Double {
    guard let index = megabytes.firstIndex(of: size) else { return line.value(at: size) }
    return milliseconds[index]
  }
}

/// A line through points, by least squares.
public struct LinearFit: Hashable, Sendable {
  /// Rise for one unit of the argument.
  public let slope: Double
  /// Value at zero.
  public let intercept: Double

  /// A line given by its parts.
  public init(slope: Double, intercept: Double) {
    self.slope = slope
    self.intercept = intercept
  }

  /// The best line; `nil` with fewer than two distinct arguments.
  public init?(_ points: [(x: Double, y: Double)]) {
    let count = Double(points.count)
    guard points.count > 1 else { return nil }
    let meanX = points.reduce(0) { $0 + $1.x } / count
    let meanY = points.reduce(0) { $0 + $1.y } / count
    let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    guard spread > 0 else { return nil }
    slope = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
    intercept = meanY - slope * meanX
  }

  /// The line's value.
  public func value(at x: Double) -> Double { slope * x + intercept }
}

/// A parabola through points, by least squares.
public struct QuadraticFit: Hashable, Sendable {
  private let center: Double
  private let scale: Double
  private let coefficients: [Double]

  /// The best parabola; `nil` with fewer than three distinct arguments.
  ///
  /// Arguments are centred and scaled first, so that the normal equations stay well conditioned.
  public init?(_ points: [(x: Double, y: Double)]) {
    let count = Double(points.count)
    guard points.count > 2 else { return nil }
    let mean = points.reduce(0) { $0 + $1.x } / count
    let width = points.map { ($0.x - mean).magnitude }.max() ?? 0
    guard width > 0 else { return nil }
    var rows = [[Double]](repeating: [0, 0, 0, 0], count: 3)
    for point in points {
      let t = (point.x - mean) / width
      let powers = [1, t, t * t]
      for row in 0..<3 {
        for column in 0..<3 { rows[row][column] += powers[row] * powers[column] }
        rows[row][3] += powers[row] * point.y
      }
    }
    guard let solution = Self.solve(rows) else { return nil }
    center = mean
    scale = width
    coefficients = solution
  }

  /// Gaussian elimination with row exchange of a 3 x 4 system; `nil` when singular.
  private static func solve(_ system: [[Double]]) -> [Double]? {
    var rows = system
    for step in 0..<3 {
      guard let pivot = (step..<3).max(by: { rows[$0][step].magnitude < rows[$1][step].magnitude }),
        rows[pivot][step].magnitude > 1e-12
      else { return nil }
      rows.swapAt(step, pivot)
      for row in 0..<3 where row != step {
        let factor = rows[row][step] / rows[step][step]
        for column in step..<4 { rows[row][column] -= factor * rows[step][column] }
      }
    }
    return (0..<3).map { rows[$0][3] / rows[$0][$0] }
  }

  /// The parabola's value.
  public func value(at x: Double) -> Double {
    let t = (x - center) / scale
    return coefficients[0] + t * (coefficients[1] + t * coefficients[2])
  }
}
