/// A node as topology files describe it, before it is written as a cluster of ours.
struct ImportedNode: Hashable {
  /// What hangs below one PCIe switch, or each on a root port of its own.
  struct Port: Hashable {
    var socket: Int
    var devices: [Int] = []
    var cards: [Int] = []
    var isDirect = false
  }

  /// NVLinks (or Infinity Fabric links) between GPUs.
  enum Links: Hashable {
    case none
    /// Links of each GPU to a switch.
    case crossbar(Int)
    /// GPU, GPU, links.
    case pairs([[Int]])
  }

  var devices = 0
  var cards = 0
  var sockets = 1
  var ports: [Port] = []
  var links = Links.none

  /// The most links any GPU has.
  var linksPerDevice: Int {
    switch links {
    case .none: return 0
    case .crossbar(let count): return count
    case .pairs(let pairs):
      return (0..<devices).map { device in
        pairs.reduce(0) { $1[0] == device || $1[1] == device ? $0 + $1[2] : $0 }
      }.max() ?? 0
    }
  }

  /// Whether links join all GPUs of the node.
  var isJoined: Bool {
    switch links {
    case .none: return false
    case .crossbar: return true
    case .pairs(let pairs):
      var groups = DisjointSets(count: devices)
      for pair in pairs { groups.join(pair[0], pair[1]) }
      return Set((0..<devices).map { groups.root($0) }).count == 1
    }
  }
}

/// Union and find over small numbers; the root of a set is its least member.
struct DisjointSets {
  private var parents: [Int]

  init(count: Int) { parents = Array(0..<count) }

  func root(_ member: Int) -> Int {
    var member = member
    while parents[member] != member { member = parents[member] }
    return member
  }

  mutating func join(_ first: Int, _ second: Int) {
    let (first, second) = (root(first), root(second))
    parents[max(first, second)] = min(first, second)
  }
}

/// The catalogue entries that go with a GPU when a file does not name them.
struct HardwareGuess {
  let device: String
  let links: String
  let slots: String
  let network: String
  let sockets: String

  /// By the beginning of the GPU's catalogue name.
  static func forDevice(_ name: String) -> HardwareGuess {
    let known = [
      ("b200", "nvlink5", "pcie5-x16", "ib-ndr", "upi-sapphire-rapids-x3"),
      ("h800", "nvlink4-h800", "pcie5-x16", "ib-ndr", "upi-sapphire-rapids-x3"),
      ("h", "nvlink4", "pcie5-x16", "ib-ndr", "upi-sapphire-rapids-x3"),
      ("a800", "nvlink3-a800", "pcie4-x16", "ib-hdr", "xgmi-rome-x4"),
      ("a100-sxm", "nvlink3", "pcie4-x16", "ib-hdr", "xgmi-rome-x4"),
      ("a", "nvlink3-bridge", "pcie4-x16", "ib-hdr", "xgmi-rome-x4"),
      ("l40", "nvlink3-bridge", "pcie4-x16", "ib-hdr", "xgmi-rome-x4"),
      ("v100", "nvlink2", "pcie3-x16", "ib-edr", "qpi-broadwell-x2"),
      ("mi300", "xgmi-mi300x", "pcie5-x16", "roce-400g", "xgmi-genoa-x4"),
    ]
    let found = known.first { name.hasPrefix($0.0) } ?? ("", "nvlink2", "pcie3-x16", "ib-edr", "upi-skylake-x2")
    return HardwareGuess(device: name, links: found.1, slots: found.2, network: found.3, sockets: found.4)
  }

  /// By how many NVLinks a GPU has: 18 on H100, 12 on A100, 6 on V100.
  static func device(links: Int, isJoined: Bool) -> String {
    guard isJoined else { return "a100-pcie-80gb" }
    return links > 12 ? "h100-sxm-80gb" : links > 6 ? "a100-sxm-80gb" : "v100-sxm2-32gb"
  }
}
