import Dispatch
import Export
import ScenarioIO

/// How to run a sweep.
public struct SweepOptions: Sendable {
  /// Points that run at the same time; results do not depend on it.
  public var jobs = 1
  /// Which part of the points: the `index`-th of every `count`, from 1.
  public var shard = (index: 1, count: 1)
  /// The file of results; nothing is kept without one.
  public var out: String?
  /// Whether what an interrupted run left is used.
  public var resumes = false
  /// Asked between points, and inside searches; the sweep ends with what it has when it says so.
  public var isCancelled: @Sendable () -> Bool = { false }
  /// Told how many points are finished, of how many.
  public var progress: @Sendable (Int, Int) -> Void = { _, _ in }

  /// One job, every point, no file.
  public init() {}
}

/// A sweep and what came of its points: what its reports are made from.
public struct SweepRun: Sendable {
  /// The sweep.
  public let spec: SweepSpec
  /// Results by point; `nil` for points of other shards and those an interruption left.
  public let results: [PointResult?]
  /// Points that were wanted.
  public let wanted: [Int]

  /// Points with a result, in order.
  public var finished: [Int] { wanted.filter { results[$0] != nil } }
  /// Whether every wanted point has a result.
  public var isComplete: Bool { wanted.allSatisfy { results[$0] != nil } }

  /// Whether no point could be run: what they have in common is wrong then.
  public var hasOnlyFailures: Bool { !finished.isEmpty && finished.allSatisfy { results[$0]?.verdict == .failed } }

  /// Takes results as they are.
  init(spec: SweepSpec, results: [PointResult?], wanted: [Int]) {
    self.spec = spec
    self.results = results
    self.wanted = wanted
  }

  /// Runs the points that are not known yet and writes the file when all are.
  ///
  /// - Throws: ``InputError`` for results of another sweep in the way, ``ExportError`` for files that cannot be
  ///   written.
  public init(_ spec: SweepSpec, options: SweepOptions) throws {
    let wanted = (0..<spec.pointCount).filter { $0 % options.shard.count == options.shard.index - 1 }
    let store = options.out.map { SweepStore(path: $0, spec: spec) }
    let members = Set(wanted)
    let known = try store?.known(resumes: options.resumes) ?? [:]
    if let store, let foreign = known.keys.filter({ !members.contains($0) }).min() { throw store.holds(foreign) }
    let journal = try store?.journal(known)
    let collector = SweepCollector(
      known, count: spec.pointCount, total: wanted.count, journal: journal, progress: options.progress)
    Self.work(wanted.filter { known[$0] == nil }, spec, collector, options)
    self.init(spec: spec, results: try collector.results(), wanted: wanted)
    guard isComplete, let store else { return }
    try store.write(finished, table)
    journal?.remove()
  }

  /// Runs points on as many workers as there are jobs.
  private static func work(_ points: [Int], _ spec: SweepSpec, _ collector: SweepCollector, _ options: SweepOptions) {
    let queue = PointQueue(points, of: spec)
    let isCancelled = options.isCancelled
    DispatchQueue.concurrentPerform(iterations: max(1, min(options.jobs, points.count))) { _ in
      var session = PointSession(spec: spec, isCancelled: isCancelled)
      var group: Int?
      while !isCancelled(), !collector.hasFailed, let next = queue.next(after: group) {
        group = next.group
        let results = session.run(next.points)
        // An interrupted search has an answer, but not the one it would have had.
        if isCancelled() { return }
        for (point, result) in zip(next.points, results) { collector.take(result, of: point) }
      }
    }
  }
}
