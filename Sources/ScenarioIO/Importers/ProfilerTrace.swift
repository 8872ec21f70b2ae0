import Foundation

/// What is used of a trace that the PyTorch profiler (Kineto) wrote.
struct ProfilerTrace {
  /// An operator of the framework, with the shapes of its inputs where the profiler recorded them.
  struct Operation {
    var name: String
    /// Shape of each input; empty for numbers and missing tensors.
    var shapes: [[Int]]
    /// Type of each input, for example `c10::BFloat16`.
    var types: [String]
    /// Inputs that are no tensors, as text.
    var constants: [String]
    /// Whether it ran in the backward pass.
    var isBackward: Bool
  }

  /// Name of the first GPU, where the file says it.
  var device: String?
  /// Its multiprocessors.
  var multiprocessors: Int?
  /// Operators with kernels, in the order of the file, and the microseconds of the kernels each launched.
  var calls: [(operation: Operation, time: Double)] = []
  /// Microseconds and number of kernels of communication.
  var communication = (time: 0.0, count: 0)
  /// Microseconds and number of kernels whose operator is unknown or has no shapes.
  var unknown = (time: 0.0, count: 0)

  /// Reads a document.
  ///
  /// - Throws: ``InputError`` when it is no trace.
  init(_ data: Data, file: String) throws(InputError) {
    guard let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let events = root["traceEvents"] as? [[String: Any]]
    else {
      let problem = InputProblem(
        file: file, message: "found no JSON with traceEvents", advice: "expected a trace of the PyTorch profiler")
      throw InputError(kind: .badInput, problems: [problem])
    }
    if let properties = (root["deviceProperties"] as? [[String: Any]])?.first {
      device = properties["name"] as? String
      multiprocessors = properties["numSms"] as? Int
    }
    collect(events)
  }

  private mutating func collect(_ events: [[String: Any]]) {
    var operations: [Int: Operation] = [:]
    for event in events where event["cat"] as? String == "cpu_op" {
      guard let arguments = event["args"] as? [String: Any], let key = arguments["External id"] as? Int else {
        continue
      }
      operations[key] = Self.operation(event["name"] as? String ?? "", arguments)
    }
    var order: [Int] = []
    var times: [Int: Double] = [:]
    for event in events where event["cat"] as? String == "kernel" {
      guard let time = (event["dur"] as? NSNumber)?.doubleValue, time > 0 else { continue }
      if (event["name"] as? String ?? "").hasPrefix("nccl") {
        communication = (communication.time + time, communication.count + 1)
        continue
      }
      let key = (event["args"] as? [String: Any])?["External id"] as? Int
      guard let key, let operation = operations[key], operation.shapes.contains(where: { !$0.isEmpty }) else {
        unknown = (unknown.time + time, unknown.count + 1)
        continue
      }
      if times[key] == nil { order.append(key) }
      times[key, default: 0] += time
    }
    calls = order.compactMap { key in operations[key].map { ($0, times[key] ?? 0) } }
  }

  private static func operation(_ name: String, _ arguments: [String: Any]) -> Operation {
    let shapes = (arguments["Input Dims"] as? [Any] ?? []).map { ($0 as? [Int]) ?? [] }
    return Operation(
      name: name, shapes: shapes, types: arguments["Input type"] as? [String] ?? [],
      constants: arguments["Concrete Inputs"] as? [String] ?? [],
      isBackward: (arguments["Fwd thread id"] as? Int ?? 0) > 0 || name.contains("backward"))
  }
}
