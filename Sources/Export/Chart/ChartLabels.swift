/// Finds room for the labels of a panel.
///
/// Labels never overlap each other, a point or another label's leader, and stay inside the panel. Each takes the free place of least cost:
/// its distance from the point, and a fee for every line it would cover. One without room is left out.
struct ChartLabels {
  /// A label that has to be placed.
  struct Wish: Hashable, Sendable {
    let text: String
    let anchor: ChartPlace
    /// The line it belongs to.
    let line: Int
  }

  /// A label with its place; `leader` is drawn from its point when it is not beside it.
  struct Placed: Hashable, Sendable {
    let wish: Wish
    let box: ChartBox
    let leader: (start: ChartPlace, end: ChartPlace)?

    static func == (left: Placed, right: Placed) -> Bool { left.wish == right.wish && left.box == right.box }

    func hash(into hasher: inout Hasher) {
      hasher.combine(wish)
      hasher.combine(box)
    }
  }

  /// Cost of covering a line, in pixels of distance.
  private static let fee = 40.0
  /// Distances that are tried.
  private static let distances = [9.0, 14, 20, 28, 38, 50, 64, 80, 98, 118, 140, 170]
  /// Directions that are tried, x and y; right and left first.
  private static let directions: [(x: Double, y: Double)] = [
    (1, 0), (-1, 0), (0, -1), (0, 1), (0.8, -0.6), (-0.8, -0.6), (0.8, 0.6), (-0.8, 0.6), (0.95, -0.3), (-0.95, -0.3),
    (0.95, 0.3), (-0.95, 0.3), (0.5, -0.87), (-0.5, -0.87), (0.5, 0.87), (-0.5, 0.87),
  ]

  /// Size of the letters.
  let fontSize: Double
  /// The panel's inside.
  let bounds: ChartBox
  /// Rectangles of the points.
  let points: [ChartBox]
  /// Pieces of the lines.
  let segments: [(start: ChartPlace, end: ChartPlace)]

  /// Height of a label.
  private var height: Double { fontSize + 2 }

  /// Width of a label in a font of fixed width.
  private func width(_ text: String) -> Double { Double(text.count) * fontSize * 0.602 }

  /// Places labels in their order.
  func place(_ wishes: [Wish]) -> [Placed] {
    var placed: [Placed] = []
    for wish in wishes {
      if let found = best(wish, beside: placed) { placed.append(found) }
    }
    return placed
  }

  private func best(_ wish: Wish, beside placed: [Placed]) -> Placed? {
    let width = width(wish.text)
    var best: (cost: Double, box: ChartBox)?
    for distance in Self.distances where distance < best?.cost ?? .infinity {
      for direction in Self.directions {
        let box = box(wish.anchor, direction, distance, width: width)
        guard isFree(box, wish, placed) else { continue }
        let cost = distance + Self.fee * Double(covered(box))
        if cost < best?.cost ?? .infinity { best = (cost, box) }
      }
    }
    guard let box = best?.box else { return nil }
    let edge = box.nearest(to: wish.anchor)
    let isFar = edge.distance(to: wish.anchor) > 11
    return Placed(wish: wish, box: box, leader: isFar ? (wish.anchor, edge) : nil)
  }

  /// The rectangle whose nearest place to the point lies in a direction.
  private func box(
    _ anchor: ChartPlace, _ direction: (x: Double, y: Double), _ distance: Double, width: Double
  ) -> ChartBox {
    let x = anchor.x + direction.x * distance
    let y = anchor.y + direction.y * distance
    let left = direction.x > 0.2 ? x : direction.x < -0.2 ? x - width : x - width / 2
    let top = direction.y > 0.7 ? y : direction.y < -0.7 ? y - height : y - height / 2
    return ChartBox(left: left, top: top, width: width, height: height)
  }

  private func isFree(_ box: ChartBox, _ wish: Wish, _ placed: [Placed]) -> Bool {
    let edge = box.nearest(to: wish.anchor)
    return bounds.contains(box) && !points.contains { $0.overlaps(box) }
      && !placed.contains { label in
        label.box.overlaps(box) || label.box.meets(wish.anchor, edge)
          || label.leader.map { box.meets($0.start, $0.end) } ?? false
      }
  }

  /// Lines under a label.
  private func covered(_ box: ChartBox) -> Int { segments.count { box.meets($0.start, $0.end) } }
}
