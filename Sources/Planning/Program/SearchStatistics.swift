/// How much work a search did.
public struct SearchStatistics: Hashable, Sendable {
  /// Dynamic programs solved.
  public var dynamicPrograms = 0
  /// Partial choices kept in all of them.
  public var labels = 0
  /// Candidates compared in all of them.
  public var candidates = 0
  /// Finished plans scored by a formula.
  public var plansScored = 0
  /// Plans replayed by the simulator.
  public var plansSimulated = 0
  /// Rounds of simulation and correction.
  public var rounds = 0

  /// Nothing done yet.
  public init() {}

  /// Counts a solved program.
  mutating func add(_ program: ChainStatistics) {
    dynamicPrograms += 1
    labels += program.labels
    candidates += program.candidates
  }

  /// Counts what was solved since an earlier moment.
  mutating func add(_ now: SearchStatistics, since before: SearchStatistics) {
    dynamicPrograms += now.dynamicPrograms - before.dynamicPrograms
    labels += now.labels - before.labels
    candidates += now.candidates - before.candidates
  }

  /// Adds the programs and plans of another search.
  mutating func add(_ other: SearchStatistics) {
    dynamicPrograms += other.dynamicPrograms
    labels += other.labels
    candidates += other.candidates
    plansScored += other.plansScored
  }
}
