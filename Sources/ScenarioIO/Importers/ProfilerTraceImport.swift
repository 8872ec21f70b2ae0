import Costing
import Foundation
import Hardware
import Quantities
import Workload

/// Builds a kernel table from a trace of the PyTorch profiler (`*.pt.trace.json`, also `.gz`), recorded with
/// `record_shapes=True`.
public enum ProfilerTraceImport {
  /// Reads a trace.
  ///
  /// Kernels are found by the operator that launched them; its time is the sum of theirs, and of equal operators the
  /// median counts.
  ///
  /// - Parameters:
  ///   - device: Catalogue name of the GPU; found by the name in the file when left out.
  ///   - date: Day of the recording.
  /// - Throws: ``InputError``: not a trace, no kernel with shapes, or an unknown device.
  public static func load(path: String, device: String?, name: String, date: String) throws(InputError) -> KernelTable {
    let trace = try ProfilerTrace(CompressedFile.load(path: path), file: path)
    let known = try device.map { name throws(InputError) in try Catalog.builtIn.device(named: name) }
    let spec = known ?? trace.device.flatMap { DeviceFinder().device($0) }
    let (rows, leftOut) = rows(trace)
    guard !rows.isEmpty else {
      let problem = InputProblem(
        file: path, message: "found no kernel of an operator with shapes (\(trace.unknown.count) without)",
        advice: "record with record_shapes=True")
      throw InputError(kind: .badInput, problems: [problem])
    }
    let file = (path as NSString).lastPathComponent
    return KernelTable(
      name: name, gpu: trace.device ?? spec?.title ?? "unknown", device: spec?.name, origin: .imported,
      source: "PyTorch profiler trace \(file)", date: date, multiprocessors: trace.multiprocessors,
      notes: notes(trace, rows, leftOut), rows: rows)
  }

  private static func rows(_ trace: ProfilerTrace) -> (rows: [KernelRow], leftOut: (time: Double, count: Int)) {
    let forwardRows = Set(trace.calls.filter { !$0.operation.isBackward }.compactMap(\.operation.productRows))
    struct Call: Hashable {
      var kernel: Kernel
      var implementation: String
    }
    var order: [Call] = []
    var times: [Call: [Double]] = [:]
    var leftOut = (time: 0.0, count: 0)
    for (operation, time) in trace.calls {
      guard let kernel = operation.kernel(forwardRows: forwardRows) else {
        leftOut = (leftOut.time + time, leftOut.count + 1)
        continue
      }
      let call = Call(kernel: kernel, implementation: operation.attentionName)
      if times[call] == nil { order.append(call) }
      times[call, default: []].append(time)
    }
    let rows = order.map { call in row(call.kernel, call.implementation, (times[call] ?? []).sorted()) }
    return (rows, leftOut)
  }

  private static func row(_ kernel: Kernel, _ implementation: String, _ times: [Double]) -> KernelRow {
    let median = times[times.count / 2]
    var row = KernelRow(kernel, time: .microseconds(median), implementation: implementation)
    row.repeats = times.count
    row.spread = (times[(times.count - 1) * 9 / 10] - times[(times.count - 1) / 10]) / median
    return row
  }

  /// What was used and what was left out.
  private static func notes(
    _ trace: ProfilerTrace, _ rows: [KernelRow], _ leftOut: (time: Double, count: Int)
  ) -> [KernelTable.Note] {
    func text(_ part: (time: Double, count: Int), _ what: String) -> String {
      "\(part.count) \(what), \(Int(part.time.rounded())) us"
    }
    let used = rows.reduce(0) { $0 + ($1.repeats ?? 0) }
    return [
      KernelTable.Note("method", "median of the kernels each operator launched; \(used) calls used"),
      KernelTable.Note("left_out_operators", text(leftOut, "calls of operators that tables do not know")),
      KernelTable.Note("left_out_shapes", text(trace.unknown, "kernels without operator or shapes")),
      KernelTable.Note("left_out_communication", text(trace.communication, "kernels of communication")),
    ]
  }
}
