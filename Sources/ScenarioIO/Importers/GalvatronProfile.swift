import Quantities

/// Forward times of a Galvatron computation profile: milliseconds of a layer and a sample.
struct GalvatronProfile {
  /// One profiled layer.
  struct Time: Hashable {
    /// Which kind of layer, counted as Galvatron counts them; `nil` for embedding, head and loss together.
    var layerType: Int?
    /// Samples it ran with; `nil` when the file does not say.
    var batch: Int?
    /// Positions; `nil` when the file does not say.
    var sequence: Int?
    /// Time of a layer and a sample.
    var time: Seconds
  }

  /// The times, in the order of the file.
  private(set) var times: [Time] = []
  /// Keys that were not used.
  private(set) var ignored: [String] = []

  /// Reads a document: `layertype_0_bsz8_seq2048`, `layertype_0`, `fwd_time_hidden_1280`; raw times of whole models only
  /// where no layer times are.
  ///
  /// - Parameter hidden: Width of the model, which picks one of several widths of a file.
  init(_ root: DocumentNode, hidden: Int) {
    for entry in root.entries {
      if entry.key.hasPrefix("fwd_time_") {
        readWidth(entry.key, entry.value, hidden: hidden)
      } else if entry.key.hasPrefix("layertype_"), let time = Self.milliseconds(entry.value) {
        times.append(Self.time(entry.key, time))
      } else {
        ignored.append(entry.key)
      }
    }
  }

  private static func time(_ key: String, _ time: Seconds) -> Time {
    let parts = key.split(separator: "_").dropFirst()
    func number(_ prefix: String) -> Int? {
      parts.first { $0.hasPrefix(prefix) }.flatMap { Int($0.dropFirst(prefix.count)) }
    }
    return Time(layerType: parts.first.flatMap { Int($0) }, batch: number("bsz"), sequence: number("seq"), time: time)
  }

  /// `fwd_time_hidden_1280: 2.29`, or a mapping of kinds of layers (`encoder`, `layer_type_0`), in order.
  private mutating func readWidth(_ key: String, _ node: DocumentNode, hidden: Int) {
    guard key.split(separator: "_").last.flatMap({ Int($0) }) == hidden else { return ignored.append(key) }
    let parts = node.isMapping ? node.entries.map(\.value) : [node]
    for (index, part) in parts.enumerated() {
      guard let time = Self.milliseconds(part) else { continue }
      times.append(Time(layerType: index, batch: nil, sequence: nil, time: time))
    }
  }

  private static func milliseconds(_ node: DocumentNode) -> Seconds? {
    switch node.value {
    case .number(let value) where value > 0 && value < 1e9: Seconds(value * 1e-3)
    case .integer(let value) where value > 0 && value < 1_000_000_000: Seconds(Double(value) * 1e-3)
    default: nil
    }
  }
}
