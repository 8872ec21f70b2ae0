import Workload

extension CollectiveKind {
  /// Its number in files.
  var number: UInt8 {
    switch self {
    case .allReduce: 0
    case .allGather: 1
    case .reduceScatter: 2
    case .allToAll: 3
    case .broadcast: 4
    case .sendReceive: 5
    }
  }

  /// Names in files, in the order of their numbers; the last is for tasks that are no collectives.
  static let fileNames = [
    "all_reduce", "all_gather", "reduce_scatter", "all_to_all", "broadcast", "send_receive", "none",
  ]

  /// Name in files, for example `all_reduce`.
  var fileName: String { Self.fileNames[Int(number)] }
}
