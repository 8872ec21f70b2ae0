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
  /// Waiting for another stage that is still computing.
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
private struct BreakdownWalk {
  let trace: Trace
  let rank: Int
  var result = TimeBreakdown()
  /// Rows of each other stream so far, in order.
  var history = Array(repeating: [Int](), count: StreamKind.count)
  var computeEnd: Int64 = 0

  init(trace: Trace, rank: Int) {
    self.trace = trace
    self.rank = rank
  }

  mutating func run(until iteration: Int64) -> TimeBreakdown {
    let programs = trace.programs
    let base = trace.map.firstRows[rank]
    for step in programs.steps[programs.stepRange(ofProgram: Int(trace.map.programs[rank]))] {
      let stepRow = base + Int(step.firstRow)
      let range = programs.operationRange(ofTemplate: Int(step.template))
      for index in range {
        let operation = programs.operations[index]
        let row = stepRow + index - range.lowerBound
        if operation.stream == StreamKind.compute.rawValue {
          visit(operation, kind: programs.infos[index].kind, row: row, stepRow: stepRow)
        } else {
          history[Int(operation.stream)].append(row)
        }
      }
    }
    finish(iteration)
    return result
  }

  private mutating func visit(_ operation: Operation, kind: TaskKind, row: Int, stepRow: Int) {
    let start = trace.columns.starts[row]
    let end = trace.columns.ends[row]
    if start > computeEnd { explain(gapEnd: start, operation, stepRow: stepRow) }
    let span = SimDuration(nanoseconds: end - start)
    if kind == .optimizer { result.optimizer = result.optimizer + span } else { result.compute = result.compute + span }
    computeEnd = end
  }

  /// Finds the task the kernel waited for longest and splits the gap.
  private mutating func explain(gapEnd: Int64, _ operation: Operation, stepRow: Int) {
    var latest = -1
    let first = Int(operation.firstWait)
    for wait in trace.programs.waits[first..<first + Int(operation.waitCount)] {
      let row = wait.code >= 0 ? stepRow + Int(wait.code) : history[Int(-1 - wait.code)].last { $0 < stepRow } ?? -1
      if row >= 0, latest < 0 || trace.columns.ends[row] > trace.columns.ends[latest] { latest = row }
    }
    charge(from: computeEnd, to: gapEnd, upTo: latest)
  }

  /// Charges the part of an interval in which the stream of `row` worked, going back from `row`, and calls the rest bubble.
  private mutating func charge(from begin: Int64, to end: Int64, upTo row: Int) {
    var rest = end - begin
    defer { result.bubble = result.bubble + SimDuration(nanoseconds: rest) }
    guard row >= 0 else { return }
    let stream = Int(streamOf(row))
    var index = history[stream].lastIndex { $0 <= row } ?? -1
    while index >= 0 {
      let task = history[stream][index]
      guard trace.columns.ends[task] > begin else { break }
      let overlap = min(trace.columns.ends[task], end) - max(trace.columns.starts[task], begin)
      if overlap > 0 {
        let kind = Int(exposure(of: task).rawValue)
        result.exposed[kind] = result.exposed[kind] + SimDuration(nanoseconds: overlap)
        rest -= overlap
      }
      index -= 1
    }
  }

  private mutating func finish(_ iteration: Int64) {
    var lastRow = -1
    for rows in history {
      if let row = rows.last, lastRow < 0 || trace.columns.ends[row] > trace.columns.ends[lastRow] { lastRow = row }
    }
    var end = computeEnd
    if lastRow >= 0, trace.columns.ends[lastRow] > computeEnd {
      end = trace.columns.ends[lastRow]
      charge(from: computeEnd, to: end, upTo: lastRow)
    }
    result.idle = SimDuration(nanoseconds: iteration - end)
  }

  private func operationIndex(_ row: Int) -> Int {
    trace.programs.locate(
      row: row - trace.map.firstRows[rank], inProgram: Int(trace.map.programs[rank])
    ).operation
  }

  private func streamOf(_ row: Int) -> UInt8 { trace.programs.operations[operationIndex(row)].stream }

  private func exposure(of row: Int) -> ExposedCommunication {
    let index = operationIndex(row)
    if trace.programs.infos[index].kind == .resharding { return .resharding }
    return switch StreamKind(rawValue: trace.programs.operations[index].stream) {
    case .pipelineSend, .pipelineReceive: .pipeline
    case .data, .copy: .data
    case .context: .context
    case .expert: .expert
    case .tensor, .compute, nil: .tensor
    }
  }
}
