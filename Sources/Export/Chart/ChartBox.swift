/// A rectangle of a drawing, in pixels, y downwards.
struct ChartBox: Hashable, Sendable {
  var left: Double
  var top: Double
  var width: Double
  var height: Double

  var right: Double { left + width }
  var bottom: Double { top + height }

  /// Whether two rectangles share more than an edge.
  func overlaps(_ other: ChartBox) -> Bool {
    left < other.right && other.left < right && top < other.bottom && other.top < bottom
  }

  /// Whether a rectangle lies inside.
  func contains(_ other: ChartBox) -> Bool {
    other.left >= left && other.right <= right && other.top >= top && other.bottom <= bottom
  }

  /// The place of the rectangle that is nearest to a place.
  func nearest(to place: ChartPlace) -> ChartPlace {
    ChartPlace(x: min(max(place.x, left), right), y: min(max(place.y, top), bottom))
  }

  /// Whether a straight line between two places touches the rectangle (Liang and Barsky, ACM TOG 3(1), 1984).
  func meets(_ start: ChartPlace, _ end: ChartPlace) -> Bool {
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    var (first, last) = (0.0, 1.0)
    let sides = [(-dx, start.x - left), (dx, right - start.x), (-dy, start.y - top), (dy, bottom - start.y)]
    for (slope, room) in sides {
      if slope == 0 {
        if room < 0 { return false }
        continue
      }
      let cut = room / slope
      if slope < 0 { first = max(first, cut) } else { last = min(last, cut) }
    }
    return first <= last
  }
}

/// A place of a drawing, in pixels, y downwards.
struct ChartPlace: Hashable, Sendable {
  var x: Double
  var y: Double

  /// How far another place is away.
  func distance(to other: ChartPlace) -> Double {
    ((x - other.x) * (x - other.x) + (y - other.y) * (y - other.y)).squareRoot()
  }
}
