import Costing

/// Reads the hardware profiles of Galvatron, old and new.
public enum GalvatronHardwareFile {
  /// The files of one cluster.
  public struct Paths: Hashable, Sendable {
    /// `allreduce_bandwidth_*.json`.
    public var allReduce: String
    /// `p2p_bandwidth_*.json`.
    public var pointToPoint: String?
    /// `overlap_coefficient.json`.
    public var overlap: String
    /// `sp_time_*.json`.
    public var messages: String?

    /// Collects the paths.
    public init(allReduce: String, pointToPoint: String? = nil, overlap: String, messages: String? = nil) {
      self.allReduce = allReduce
      self.pointToPoint = pointToPoint
      self.overlap = overlap
      self.messages = messages
    }
  }

  /// Reads the files.
  ///
  /// - Throws: ``InputError`` for the first file that cannot be used.
  public static func load(_ paths: Paths, devices: Int) throws(InputError) -> GalvatronHardware {
    var hardware = GalvatronHardware(
      devices: devices, allReduce: try allReduce(GalvatronNumbers(path: paths.allReduce)),
      overlapSlowdown: try GalvatronNumbers(path: paths.overlap).number("overlap_coe"))
    if let path = paths.pointToPoint { hardware.pointToPoint = try pointToPoint(GalvatronNumbers(path: path)) }
    if let path = paths.messages {
      let file = try GalvatronNumbers(path: path)
      hardware.allGather = try messages(file, operation: "allreduce", factor: 0.5)
      hardware.allToAll = try messages(file, operation: "all2all", factor: 1)
    }
    return hardware
  }

  /// `allreduce_size_K_consec_C` in GB/s of bus bandwidth, or `P_K_C` in ms/MB.
  private static func allReduce(_ file: GalvatronNumbers) throws(InputError) -> [GalvatronHardware.Group: Double] {
    var found: [GalvatronHardware.Group: Double] = [:]
    for key in file.keys {
      let words = key.split(separator: "_")
      let numbers = words.compactMap { Int($0) }
      let value = try file.number(key)
      guard value > 0 else { throw file.problem("found 0 for \(key)", "expected a rate above 0") }
      if words.first == "allreduce", numbers.count == 2 {
        found[.init(ranks: numbers[0], isConsecutive: numbers[1] == 1)] = 1 / value
      } else if numbers.count == 3, words.count == 3 {
        found[.init(pipeline: numbers[0], ranks: numbers[1], isConsecutive: numbers[2] == 1)] = value
      }
    }
    guard !found.isEmpty else { throw file.missing("allreduce_size_2_consec_1") }
    return found
  }

  /// `pp_size_P` in GB/s, or `pp_deg_P` in ms/MB.
  private static func pointToPoint(_ file: GalvatronNumbers) throws(InputError) -> [Int: Double] {
    var found: [Int: Double] = [:]
    for key in file.keys {
      guard let degree = key.split(separator: "_").last.flatMap({ Int($0) }) else { continue }
      let value = try file.number(key)
      guard value > 0 else { throw file.problem("found 0 for \(key)", "expected a rate above 0") }
      found[degree] = key.hasPrefix("pp_size_") ? 1 / value : value
    }
    return found
  }

  /// `OPERATION_size_K_NMB_time` in ms.
  private static func messages(
    _ file: GalvatronNumbers, operation: String, factor: Double
  ) throws(InputError) -> [Int: MessageTimes] {
    var points: [(ranks: Int, megabytes: Double, milliseconds: Double)] = []
    for key in file.keys where key.hasPrefix(operation + "_") {
      let words = key.split(separator: "_")
      guard words.count == 5, let ranks = Int(words[2]), words[3].hasSuffix("MB"), let size = Int(words[3].dropLast(2))
      else { continue }
      points.append((ranks, Double(size), try file.number(key) * factor))
    }
    var tables: [Int: MessageTimes] = [:]
    for ranks in points.map(\.ranks) where tables[ranks] == nil {
      let own = points.filter { $0.ranks == ranks }.map { ($0.megabytes, $0.milliseconds) }
      guard let table = MessageTimes(points: own) else {
        throw file.problem("found fewer than two sizes for \(operation) over \(ranks) ranks", "expected at least two")
      }
      tables[ranks] = table
    }
    return tables
  }
}
