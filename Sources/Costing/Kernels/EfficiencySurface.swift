import Quantities

/// Measured over modelled time as a function of a kernel's shape: exact at measured points, between them interpolated so
/// that time keeps the model's steps.
///
/// Points of one *family* have the same coordinates (numbers of tiles, heads, columns) and differ in the work that a tile
/// does. Within a family the ratio is linear in the logarithm of the modelled time and flat beyond its ends, so time
/// never falls when work grows at the same tiles, provided the measured times do not. Families are weighted by the
/// inverse fourth power of their distance in the logarithms of their coordinates (Shepard 1968,
/// doi:10.1145/800186.810616), whatever the work.
struct EfficiencySurface: Hashable, Sendable {
  /// A measured kernel.
  struct Point: Hashable, Sendable {
    /// log2 of the coordinates; `nil` where one does not apply.
    var coordinates: [Double?]
    /// log2 of the modelled time in seconds.
    var work: Double
    /// log2 of measured over modelled time.
    var ratio: Double
  }

  /// Points with equal coordinates, by increasing work.
  private struct Family: Hashable, Sendable {
    var coordinates: [Double?]
    var works: [Double]
    var ratios: [Double]

    /// Linear between points, flat outside.
    func ratio(at work: Double) -> Double {
      guard let next = works.firstIndex(where: { $0 >= work }) else { return ratios[ratios.count - 1] }
      guard next > 0 else { return ratios[0] }
      let position = (work - works[next - 1]) / (works[next] - works[next - 1])
      return ratios[next - 1] + position * (ratios[next] - ratios[next - 1])
    }
  }

  private var families: [Family] = []
  private let low: [Double?]
  private let high: [Double?]
  private let works: ClosedRange<Double>

  /// Orders points into families; equal points are averaged. `nil` without points.
  init?(_ points: [Point]) {
    guard let first = points.first else { return nil }
    let columns = points.map(\.coordinates)
    low = first.coordinates.indices.map { index in columns.compactMap { $0[index] }.min() }
    high = first.coordinates.indices.map { index in columns.compactMap { $0[index] }.max() }
    works = points.reduce(first.work...first.work) { range, point in
      min(range.lowerBound, point.work)...max(range.upperBound, point.work)
    }
    var order: [[Double?]: Int] = [:]
    var members: [[Point]] = []
    for point in points {
      let index = order[point.coordinates] ?? members.count
      if index == members.count {
        order[point.coordinates] = index
        members.append([])
      }
      members[index].append(point)
    }
    families = members.map(Self.family)
  }

  private static func family(_ points: [Point]) -> Family {
    var family = Family(coordinates: points[0].coordinates, works: [], ratios: [])
    var start = 0
    let points = points.sorted { ($0.work, $0.ratio) < ($1.work, $1.ratio) }
    while start < points.count {
      let end = points[start...].firstIndex { $0.work > points[start].work } ?? points.count
      family.works.append(points[start].work)
      family.ratios.append(points[start..<end].reduce(0) { $0 + $1.ratio } / Double(end - start))
      start = end
    }
    return family
  }

  /// log2 of the ratio at a place.
  func ratio(at coordinates: [Double?], work: Double) -> Double {
    var (sum, total) = (0.0, 0.0)
    var (nearSum, near) = (0.0, 0.0)
    for family in families {
      let square = Self.squaredDistance(family.coordinates, coordinates)
      let ratio = family.ratio(at: work)
      guard square > 0 else {
        nearSum += ratio
        near += 1
        continue
      }
      let weight = 1 / (square * square)
      sum += weight * ratio
      total += weight
    }
    return near > 0 ? nearSum / near : sum / total
  }

  /// Whether measured points lie on all sides of a place.
  func encloses(_ coordinates: [Double?], work: Double) -> Bool {
    guard works.contains(work) else { return false }
    return coordinates.indices.allSatisfy { index in
      guard let value = coordinates[index], let low = low[index], let high = high[index] else { return true }
      return low <= value && value <= high
    }
  }

  private static func squaredDistance(_ left: [Double?], _ right: [Double?]) -> Double {
    zip(left, right).reduce(0) { sum, pair in
      guard let one = pair.0, let other = pair.1 else { return sum }
      return sum + (one - other) * (one - other)
    }
  }
}
