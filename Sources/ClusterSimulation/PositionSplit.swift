import Costing

/// The positions of a stage, told apart by one property after the other.
///
/// Classes are numbered by their first position.
struct PositionSplit {
  /// Class of each position.
  private(set) var classOfPosition: [Int]
  /// First position of each class, ascending.
  private(set) var firstPositions: [Int] = [0]

  /// All positions alike.
  init(count: Int) { classOfPosition = Array(repeating: 0, count: count) }

  /// Splits every class by a property with the values `0 ..< valueCount`.
  mutating func refine(valueCount: Int, _ value: (_ position: Int) -> Int) {
    guard valueCount > 1 else { return }
    var numbers = Array(repeating: -1, count: firstPositions.count * valueCount)
    firstPositions = []
    for position in classOfPosition.indices {
      let slot = classOfPosition[position] * valueCount + value(position)
      if numbers[slot] < 0 {
        numbers[slot] = firstPositions.count
        firstPositions.append(position)
      }
      classOfPosition[position] = numbers[slot]
    }
  }
}

/// How the groups of one use are spread over nodes, with equal spreads numbered once.
struct GroupSpread {
  /// The spreads that occur.
  private(set) var distinct: [GroupShape] = []
  /// Number of each group's spread; one entry when all ranks share one group, one per position for pairs.
  private var numbers: [Int] = []
  private let groupOfPosition: [Int]?

  /// Numbers the spreads of a use's groups.
  init(_ shapes: [GroupShape], groupOfPosition: [Int]?) {
    self.groupOfPosition = groupOfPosition
    for shape in shapes {
      let known = distinct.firstIndex(of: shape)
      numbers.append(known ?? distinct.count)
      if known == nil { distinct.append(shape) }
    }
  }

  /// Number of the spread of the group that holds a position.
  func number(ofPosition position: Int) -> Int {
    numbers.count == 1 ? 0 : numbers[groupOfPosition?[position] ?? position]
  }
}
