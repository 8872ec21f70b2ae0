import GalvaSim
import Testing

/// Numbers of tiny cases, worked out by hand.
@Suite("Statistics of measured runs")
struct RunStatisticsTests {
  static func pairs(_ values: [(Double, Double)]) -> [RankStatistics.Pair] {
    values.map { RankStatistics.Pair(predicted: $0.0, measured: $0.1) }
  }

  @Test func `the same order correlates fully, the opposite one inversely`() {
    #expect(RankStatistics.correlation(Self.pairs([(1, 10), (2, 20), (5, 21)])) == 1)
    #expect(RankStatistics.correlation(Self.pairs([(3, 10), (2, 20), (1, 21)])) == -1)
  }

  /// Ranks 1 2 3 4 against 2 1 4 3: differences 1, 1, 1, 1; 1 - 6 * 4 / (4 * 15) = 0.6.
  @Test func `Spearman's correlation by its formula`() throws {
    let found = try #require(RankStatistics.correlation(Self.pairs([(1, 7), (2, 3), (3, 9), (4, 8)])))
    #expect(abs(found - 0.6) < 1e-12)
  }

  /// Ranks 1.5 1.5 3 against 1 2 3: centred -0.5 -0.5 1 and -1 0 1; 1.5 / sqrt(1.5 * 2) = 0.866.
  @Test func `equal values share their ranks`() throws {
    let found = try #require(RankStatistics.correlation(Self.pairs([(4, 1), (4, 2), (9, 3)])))
    #expect(abs(found - 0.866_025_403_784) < 1e-9)
  }

  @Test func `two alternatives or one value have no correlation`() {
    #expect(RankStatistics.correlation(Self.pairs([(1, 1), (2, 2)])) == nil)
    #expect(RankStatistics.correlation(Self.pairs([(1, 1), (1, 2), (1, 3)])) == nil)
  }

  /// The second is predicted best and reaches 8 where the third reaches 10.
  @Test func `regret is what the chosen plan loses against the best`() throws {
    let found = try #require(RankStatistics.regret(Self.pairs([(1, 5), (3, 8), (2, 10)])))
    #expect(abs(found - 0.2) < 1e-12)
    #expect(RankStatistics.regret(Self.pairs([(1, 5)])) == nil)
  }

  /// 100 and 101 are within 2 %; the other five pairs are not, and (2, 100) against (1, 110) is the wrong way round.
  @Test func `pairs that are nearly equal are not compared`() {
    let order = RankStatistics.order(Self.pairs([(2, 100), (4, 101), (1, 110), (5, 200)]))
    #expect(order.count == 5)
    #expect(order.right == 3)
  }

  /// Of -0.3, -0.1, 0.1, 0.2: mean 0.175, median of 0.1 0.1 0.2 0.3 is 0.15, ninth decile 0.2 + 0.7 * 0.1, half within
  /// a tenth, bias between -0.1 and 0.1.
  @Test func `errors are summarised`() throws {
    let summary = ErrorSummary([-0.3, -0.1, 0.1, 0.2])
    #expect(abs(try #require(summary.mean) - 0.175) < 1e-12)
    #expect(abs(try #require(summary.median) - 0.15) < 1e-12)
    #expect(abs(try #require(summary.ninthDecile) - 0.27) < 1e-12)
    #expect(summary.withinTenth == 0.5)
    #expect(abs(try #require(summary.bias)) < 1e-12)
    #expect(ErrorSummary([]).mean == nil)
  }
}
