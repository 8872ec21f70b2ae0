import Export
import ScenarioIO

/// The columns of results: their names, order and meaning, in one place for files, documents and journals.
enum PointColumn: String, CaseIterable {
  case verdict
  case iterationTime = "iteration_time_s"
  case samplesPerSecond = "samples_per_s"
  case analyticTime = "analytic_iteration_time_s"
  case peakReserved = "peak_reserved_bytes"
  case capacity = "capacity_bytes"
  case globalBatch = "global_batch"
  case microBatches = "micro_batches"
  case planSummary = "plan_summary"
  case planText = "plan_text"
  case reason

  /// A number or a text of a result.
  enum Member {
    case text(WritableKeyPath<PointResult, String>)
    case bytes(WritableKeyPath<PointResult, Int64?>)
    case count(WritableKeyPath<PointResult, Int?>)
    case real(WritableKeyPath<PointResult, Double?>)
    case verdict
  }

  /// Where a result keeps it.
  var member: Member {
    switch self {
    case .verdict: .verdict
    case .iterationTime: .real(\.iterationTime)
    case .samplesPerSecond: .real(\.samplesPerSecond)
    case .analyticTime: .real(\.analyticTime)
    case .peakReserved: .bytes(\.peakReserved)
    case .capacity: .bytes(\.capacity)
    case .globalBatch: .count(\.globalBatch)
    case .microBatches: .count(\.microBatches)
    case .planSummary: .text(\.planSummary)
    case .planText: .text(\.planText)
    case .reason: .text(\.reason)
    }
  }

  /// Unit in the spelling of UDUNITS.
  var units: String? {
    switch self {
    case .iterationTime, .analyticTime: "s"
    case .samplesPerSecond: "s-1"
    case .peakReserved, .capacity: "byte"
    case .globalBatch, .microBatches: "1"
    case .verdict, .planSummary, .planText, .reason: nil
    }
  }

  /// One line for axis labels.
  var longName: String {
    switch self {
    case .verdict: "fits, out_of_memory or failed"
    case .iterationTime: "time of an iteration"
    case .samplesPerSecond: "sequences per second"
    case .analyticTime: "time of an iteration by the formula of the search"
    case .peakReserved: "reserved memory of the fullest GPU"
    case .capacity: "memory a GPU may use"
    case .globalBatch: "sequences of an iteration"
    case .microBatches: "micro-batches of an iteration"
    case .planSummary: "plan in a few words"
    case .planText: "plan with every layer"
    case .reason: "why the point does not fit or failed"
    }
  }
}

extension PointResult {
  /// The result as fields of a document, in the order of the columns; texts without content are `null`.
  var fields: [JSONField] {
    PointColumn.allCases.map { column in
      let value: JSONValue =
        switch column.member {
        case .verdict: .text(verdict.rawValue)
        case .text(let path): self[keyPath: path].isEmpty ? .null : .text(self[keyPath: path])
        case .bytes(let path): self[keyPath: path].map { .integer($0) } ?? .null
        case .count(let path): self[keyPath: path].map { .integer($0) } ?? .null
        case .real(let path): self[keyPath: path].map { .number($0) } ?? .null
        }
      return JSONField(column.rawValue, value)
    }
  }

  /// Reads what ``fields`` writes; `nil` when something is missing or of another kind.
  init?(_ document: JSONValue) {
    guard case .text(let word)? = document["verdict"], let verdict = Verdict(rawValue: word) else { return nil }
    self.init(verdict: verdict)
    for column in PointColumn.allCases where column != .verdict {
      switch (column.member, document[column.rawValue]) {
      case (_, .null): continue
      case (.text(let path), .text(let text)): self[keyPath: path] = text
      case (.bytes(let path), .integer(let number)): self[keyPath: path] = number
      case (.count(let path), .integer(let number)): self[keyPath: path] = Int(exactly: number)
      case (.real(let path), .number(let number)): self[keyPath: path] = number
      case (.real(let path), .integer(let number)): self[keyPath: path] = Double(number)
      default: return nil
      }
    }
  }
}

extension DataTable {
  /// The columns of some results.
  static func columns(_ results: [PointResult]) -> [Column] {
    PointColumn.allCases.map { column in
      let values: Values =
        switch column.member {
        case .verdict: .texts(results.map(\.verdict.rawValue))
        case .text(let path): .texts(results.map { $0[keyPath: path] })
        case .bytes(let path): .integers(results.map { $0[keyPath: path] })
        case .count(let path): .integers(results.map { $0[keyPath: path].map { Int64($0) } })
        case .real(let path): .reals(results.map { $0[keyPath: path] })
        }
      return Column(column.rawValue, values, units: column.units, longName: column.longName)
    }
  }

  /// The results of a table; `nil` when a column is missing or of another kind.
  var results: [PointResult]? {
    guard case .texts(let words)? = self["verdict"] else { return nil }
    let verdicts = words.compactMap { PointResult.Verdict(rawValue: $0) }
    guard verdicts.count == words.count else { return nil }
    var results = verdicts.map { PointResult(verdict: $0) }
    for column in PointColumn.allCases where column != .verdict {
      switch (column.member, self[column.rawValue]) {
      case (.text(let path), .texts(let values)):
        for row in values.indices { results[row][keyPath: path] = values[row] }
      case (.bytes(let path), .integers(let values)):
        for row in values.indices { results[row][keyPath: path] = values[row] }
      case (.count(let path), .integers(let values)):
        for row in values.indices { results[row][keyPath: path] = values[row].flatMap { Int(exactly: $0) } }
      case (.real(let path), .reals(let values)):
        for row in values.indices { results[row][keyPath: path] = values[row] }
      default: return nil
      }
    }
    return results
  }
}
