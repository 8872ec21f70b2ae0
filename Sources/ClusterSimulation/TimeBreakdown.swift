import Quantities

/// Why the compute stream of a rank stood still while something it needed was moving.
public enum ExposedCommunication: UInt8, CaseIterable, Hashable, Sendable {
  /// Tensor, sequence or Ulysses collectives.
  case tensor = 0
  /// Messages between stages.
  case pipeline
  /// Gradient reductions and parameter gathers.
  case data
  /// Context-parallel exchange.
  case context
  /// Expert dispatch and combine.
  case expert
  /// Changes of layout between unlike layers.
  case resharding

  /// Key in files, for example `tp`.
  public var key: String {
    switch self {
    case .tensor: "tp"
    case .pipeline: "pp"
    case .data: "dp"
    case .context: "cp"
    case .expert: "ep"
    case .resharding: "resharding"
    }
  }
}

/// Where the time of one rank goes: the parts add up to the iteration.
public struct TimeBreakdown: Hashable, Sendable {
  /// Forward, backward and recompute kernels, and the gradient norm.
  public var compute = SimDuration.zero
  /// Waiting for another stage that is still computing, or for the processor to launch kernels.
  public var bubble = SimDuration.zero
  /// Waiting while communication of a kind was under way; shape `[ExposedCommunication.allCases.count]`.
  public var exposed = Array(repeating: SimDuration.zero, count: ExposedCommunication.allCases.count)
  /// The weight update.
  public var optimizer = SimDuration.zero
  /// After the rank's last task, until the last rank ends.
  public var idle = SimDuration.zero

  /// Exposed communication of a kind.
  public subscript(kind: ExposedCommunication) -> SimDuration { exposed[Int(kind.rawValue)] }

  /// All exposed communication.
  public var exposedTotal: SimDuration { exposed.reduce(.zero, +) }

  /// The sum of the parts.
  public var total: SimDuration { compute + bubble + exposedTotal + optimizer + idle }
}

extension Trace {
  /// Where the time of a simulated rank goes.
  ///
  /// The compute stream is walked from the start. A gap before a kernel is put down to the stream whose task ended last
  /// among those the kernel waited for: the part of the gap in which that stream was working is exposed communication
  /// of its kind, the rest is bubble. After the last kernel the other streams' work is exposed, the rest is idle.
  ///
  /// - Parameter iteration: End of the iteration.
  public func breakdown(ofSimulatedRank rank: Int, iteration: SimDuration) -> TimeBreakdown {
    var walk = BreakdownWalk(trace: self, rank: rank)
    return walk.run(until: iteration.nanoseconds)
  }
}

/// The walk behind ``Trace/breakdown(ofSimulatedRank:iteration:)``.
///
/// It follows the links of the compute stream and looks at another stream only where there is a gap to explain, from
/// the task that was waited for backwards. Nothing is stored per task.
private struct BreakdownWalk {
  private let programs: ProgramSet
  private let starts: [Int64]
  private let ends: [Int64]
  private let steps: Range<Int>
  /// First row of the rank.
  private let base: Int
  private var result = TimeBreakdown()
  private var computeEnd: Int64 = 0

  /// One task of the rank.
  private struct Place {
    /// Index in ``ProgramSet/steps``.
    var step: Int
    /// Index within the step's template.
    var operation: Int
  }

  init(trace: Trace, rank: Int) {
    programs = trace.programs
    starts = trace.columns.starts
    ends = trace.columns.ends
    base = trace.map.firstRows[rank]
    steps = programs.stepRange(ofProgram: Int(trace.map.programs[rank]))
  }

  mutating func run(until iteration: Int64) -> TimeBreakdown {
    for step in steps {
      let template = Int(programs.steps[step].template)
      let first = Int(programs.templates[template].firstOperation)
      let row = base + Int(programs.steps[step].firstRow)
      var index = Int(programs.firstOnStream[template * StreamKind.count + Int(StreamKind.compute.rawValue)])
      while index >= 0 {
        if starts[row + index] > computeEnd { explain(Place(step: step, operation: index), until: starts[row + index]) }
        computeEnd = ends[row + index]
        add(SimDuration(nanoseconds: computeEnd - starts[row + index]), kind: programs.infos[first + index].kind)
        index = Int(programs.operations[first + index].nextOnStream)
      }
    }
    finish(iteration)
    return result
  }

  private mutating func add(_ span: SimDuration, kind: TaskKind) {
    if kind == .optimizer { result.optimizer = result.optimizer + span } else { result.compute = result.compute + span }
  }

  /// Finds the task the kernel waited for longest and splits the gap.
  private mutating func explain(_ kernel: Place, until gapEnd: Int64) {
    let operation = programs.operations[operationIndex(kernel)]
    let first = Int(operation.firstWait)
    var latest: Place?
    for index in first..<first + Int(operation.waitCount) {
      let code = Int(programs.waits[index].code)
      let place =
        code >= 0 ? Place(step: kernel.step, operation: code) : last(on: UInt8(-1 - code), before: kernel.step)
      if let place, latest.map({ ends[row(place)] > ends[row($0)] }) ?? true { latest = place }
    }
    charge(from: computeEnd, to: gapEnd, upTo: latest)
  }

  /// Charges the part of an interval in which the stream of a task worked, going back from it, and calls the rest bubble.
  private mutating func charge(from begin: Int64, to end: Int64, upTo last: Place?) {
    var rest = end - begin
    var next = last
    while let place = next, ends[row(place)] > begin {
      let overlap = min(ends[row(place)], end) - max(starts[row(place)], begin)
      if overlap > 0, let kind = exposure(of: operationIndex(place)) {
        result.exposed[Int(kind.rawValue)] = result.exposed[Int(kind.rawValue)] + SimDuration(nanoseconds: overlap)
        rest -= overlap
      }
      next = previous(place)
    }
    result.bubble = result.bubble + SimDuration(nanoseconds: rest)
  }

  private mutating func finish(_ iteration: Int64) {
    var latest: Place?
    for stream in StreamKind.allCases where stream != .compute {
      guard let place = last(on: stream.rawValue, before: steps.upperBound) else { continue }
      if latest.map({ ends[row(place)] > ends[row($0)] }) ?? true { latest = place }
    }
    var end = computeEnd
    if let latest, ends[row(latest)] > computeEnd {
      end = ends[row(latest)]
      charge(from: computeEnd, to: end, upTo: latest)
    }
    result.idle = SimDuration(nanoseconds: iteration - end)
  }

  // MARK: Places

  private func row(_ place: Place) -> Int { base + Int(programs.steps[place.step].firstRow) + place.operation }

  private func operationIndex(_ place: Place) -> Int {
    Int(programs.templates[Int(programs.steps[place.step].template)].firstOperation) + place.operation
  }

  /// The task before another on the same stream.
  private func previous(_ place: Place) -> Place? {
    let index = operationIndex(place)
    let stream = programs.operations[index].stream
    for distance in 0..<place.operation where programs.operations[index - distance - 1].stream == stream {
      return Place(step: place.step, operation: place.operation - distance - 1)
    }
    return last(on: stream, before: place.step)
  }

  /// The last task of a stream in the steps before one.
  private func last(on stream: UInt8, before end: Int) -> Place? {
    for step in (steps.lowerBound..<end).reversed() {
      let template = Int(programs.steps[step].template)
      guard programs.firstOnStream[template * StreamKind.count + Int(stream)] >= 0 else { continue }
      let range = programs.operationRange(ofTemplate: template)
      guard let index = range.last(where: { programs.operations[$0].stream == stream }) else { continue }
      return Place(step: step, operation: index - range.lowerBound)
    }
    return nil
  }

  /// What a task of another stream counts as; `nil` for kernels.
  private func exposure(of index: Int) -> ExposedCommunication? {
    if programs.infos[index].kind == .resharding { return .resharding }
    return switch StreamKind(rawValue: programs.operations[index].stream) {
    case .pipelineSend, .pipelineReceive: .pipeline
    case .data, .copy: .data
    case .context: .context
    case .expert: .expert
    case .tensor: .tensor
    case .compute, .host, nil: nil
    }
  }
}
