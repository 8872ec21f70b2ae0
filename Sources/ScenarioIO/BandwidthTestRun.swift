import Foundation
import Hardware
import Quantities

/// One run of a program of nccl-tests.
struct BandwidthTestRun {
  /// What makes runs comparable.
  struct Group: Hashable {
    let operation: CollectiveTable.Operation
    let ranks: Int
    let nodes: Int
  }

  /// File name without folder.
  let file: String
  var operation: CollectiveTable.Operation?
  /// The host each rank ran on.
  var hostOfRank: [Int: String] = [:]
  var points: [CollectiveTable.Point] = []
  /// Version of the library, as the file words it.
  var version: String?
  /// Name of the first GPU.
  var device: String?
  /// Sizes without a time.
  var missing = 0
  /// Sizes whose in-place time was taken.
  var inPlace = 0
  /// Sizes whose result was wrong.
  var wrong = 0

  init(path: String) { file = (path as NSString).lastPathComponent }

  var group: Group? {
    operation.map { Group(operation: $0, ranks: hostOfRank.count, nodes: Set(hostOfRank.values).count) }
  }

  /// What was used and what was left out.
  var notes: [String] {
    guard let group else { return [] }
    let used =
      "\(file): \(group.operation.rawValue), \(group.ranks) ranks on \(group.nodes) nodes, \(points.count) sizes, "
      + (inPlace == 0 ? "out-of-place times" : "out-of-place times, \(inPlace) in-place where those are missing")
    let missing = missing == 0 ? nil : "\(file): left out \(self.missing) sizes without a time"
    let wrong = wrong == 0 ? nil : "\(file): \(self.wrong) sizes had wrong results; their times are used"
    return [used, missing, wrong].compactMap { $0 }
  }

  /// Takes one size: the out-of-place time, else the in-place one, else nothing.
  mutating func add(bytes: Int64, outOfPlace: Double?, inPlace: Double?) {
    guard bytes > 0, let time = outOfPlace ?? inPlace, time > 0 else {
      missing += 1
      return
    }
    if outOfPlace == nil { self.inPlace += 1 }
    points.append(.init(payload: Bytes(bytes), time: .microseconds(time)))
  }

  /// The operation of a program (`all_reduce_perf`, with or without folder); `nil` for others.
  static func operation(program: String) -> CollectiveTable.Operation? {
    switch (program as NSString).lastPathComponent.replacingOccurrences(of: "_perf", with: "") {
    case "all_reduce": .allReduce
    case "all_gather": .allGather
    case "reduce_scatter": .reduceScatter
    case "alltoall": .allToAll
    case "broadcast": .broadcast
    case "sendrecv": .sendReceive
    default: nil
    }
  }

  /// The programs that have an operation here.
  static let programs = "all_reduce, all_gather, reduce_scatter, alltoall, broadcast or sendrecv"
}
