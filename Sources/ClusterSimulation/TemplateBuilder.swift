import Costing
import Parallelism
import Quantities
import Workload

/// Writes one template into a program set: keeps streams linked, waits short and effects in order.
struct TemplateBuilder {
  /// The finished parts.
  private(set) var operations: [Operation] = []
  private(set) var infos: [OperationInfo] = []
  private(set) var waits: [Wait] = []
  private(set) var effects: [MemoryEffect] = []
  /// Last operation of each stream so far, or -1.
  private var last = Array(repeating: Int32(-1), count: StreamKind.count)
  /// What the next operation on the data path waits for.
  private(set) var frontier: [Wait]
  /// Virtual stage of the operations added next.
  var virtualStage: Int32 = -1
  /// Layer of the operations added next.
  var layer: Int32 = -1

  /// What an operation is, apart from when it runs.
  struct Description {
    var name: Int32
    var kind: TaskKind
    var bytes: Int64 = 0
    var operations: Double = 0
    var groupSize: Int32 = 1
    var call: CollectiveKind?
    var basis: KernelBasis?
  }

  /// A template whose first operation waits for `frontier`.
  init(frontier: [Wait] = []) { self.frontier = frontier }

  /// Whether nothing was added yet.
  var isEmpty: Bool { operations.isEmpty }

  /// Index of the last operation of a stream in this template, or `nil`.
  func lastOperation(of stream: StreamKind) -> Int? {
    let index = last[Int(stream.rawValue)]
    return index >= 0 ? Int(index) : nil
  }

  /// A wait for everything issued on a stream so far.
  func everything(on stream: StreamKind) -> Wait {
    lastOperation(of: stream).map { Wait.operation($0) } ?? .earlierSteps(of: stream)
  }

  /// Adds an operation with explicit waits; returns its index.
  @discardableResult
  mutating func add(
    _ stream: StreamKind, duration: Int64, waits list: [Wait], _ description: Description,
    role: OperationRole = .local, link: Int32 = -1
  ) -> Int {
    let index = operations.count
    let firstWait = waits.count
    for wait in list where !isImplied(wait, on: stream) && !waits[firstWait...].contains(wait) { waits.append(wait) }
    operations.append(
      Operation(
        duration: duration, firstWait: Int32(firstWait), waitCount: UInt16(waits.count - firstWait),
        stream: stream.rawValue, role: role, link: link, nextOnStream: -1))
    infos.append(
      OperationInfo(
        name: description.name, kind: description.kind, layer: layer, virtualStage: virtualStage,
        bytes: description.bytes, operations: description.operations, groupSize: description.groupSize,
        call: description.call, basis: description.basis))
    let previous = last[Int(stream.rawValue)]
    if previous >= 0 { operations[Int(previous)].nextOnStream = Int32(index) }
    last[Int(stream.rawValue)] = Int32(index)
    return index
  }

  /// Adds an operation of the data path: it waits for the frontier and becomes it.
  @discardableResult
  mutating func addToPath(
    _ stream: StreamKind, duration: Int64, also extra: [Wait] = [], _ description: Description,
    role: OperationRole = .local, link: Int32 = -1
  ) -> Int {
    let index = add(stream, duration: duration, waits: frontier + extra, description, role: role, link: link)
    frontier = [.operation(index)]
    return index
  }

  /// Takes the data path back to where it was: what was added since runs beside it.
  mutating func restoreFrontier(_ waits: [Wait]) { frontier = waits }

  /// Makes the data path wait for one more thing.
  mutating func joinFrontier(_ wait: Wait) { frontier.append(wait) }

  /// Notes memory taken or given back by an operation, for the present layer if not for another.
  mutating func effect(
    _ operation: Int, atEnd: Bool, _ category: MemoryCategory, _ bytes: Int64, layer other: Int32? = nil
  ) {
    guard bytes != 0 else { return }
    effects.append(
      MemoryEffect(
        operation: Int32(operation), atEnd: atEnd, category: category, layer: other ?? layer, bytes: bytes))
  }

  /// Whether a wait is over anyway once the stream's previous operation has ended.
  private func isImplied(_ wait: Wait, on stream: StreamKind) -> Bool {
    if wait.code < 0 { return wait == .earlierSteps(of: stream) }
    return operations[Int(wait.code)].stream == stream.rawValue
  }

  /// Appends the template to a program set and returns its number.
  func install(in set: inout ProgramSet, name: String) -> Int32 {
    let firstWait = Int32(set.waits.count)
    let template = Template(
      name: name, firstOperation: Int32(set.operations.count), operationCount: Int32(operations.count),
      firstEffect: Int32(set.effects.count), effectCount: Int32(effects.count))
    set.operations += operations.map { operation in
      var moved = operation
      moved.firstWait += firstWait
      return moved
    }
    set.waits += waits
    set.infos += infos
    set.effects += effects.enumerated().sorted { left, right in
      let (a, b) = (left.element, right.element)
      if a.operation != b.operation { return a.operation < b.operation }
      if a.atEnd != b.atEnd { return !a.atEnd }
      return left.offset < right.offset
    }.map(\.element)
    for stream in StreamKind.allCases {
      set.firstOnStream.append(Int32(operations.firstIndex { $0.stream == stream.rawValue } ?? -1))
    }
    set.templates.append(template)
    return Int32(set.templates.count - 1)
  }
}
