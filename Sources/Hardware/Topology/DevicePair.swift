/// Bonded links between two GPUs of a node.
public struct DevicePair: Hashable, Sendable {
  /// One GPU, counted inside the node.
  public let first: Int
  /// The other GPU.
  public let second: Int
  /// Links between them.
  public let bonded: Int

  /// Names a pair.
  public init(_ first: Int, _ second: Int, bonded: Int) {
    self.first = first
    self.second = second
    self.bonded = bonded
  }

  func isUsable(in ends: Range<Int>) -> Bool {
    first != second && ends.contains(first) && ends.contains(second) && bonded >= 1
  }
}

extension DevicePair {
  /// The eight V100s of a DGX-1: two fully meshed quads, every GPU joined to its twin in the other quad.
  ///
  /// Six links per GPU; counts per pair as NCCL reads them off the machine (github.com/NVIDIA/nccl, thread 671) and as
  /// the whitepaper "NVIDIA DGX-1 with Tesla V100 System Architecture" draws them.
  public static let hybridCubeMesh: [DevicePair] = {
    let quad = [
      DevicePair(0, 1, bonded: 1), DevicePair(0, 2, bonded: 1), DevicePair(0, 3, bonded: 2),
      DevicePair(1, 2, bonded: 2), DevicePair(1, 3, bonded: 1), DevicePair(2, 3, bonded: 2),
    ]
    let twins = [2, 2, 1, 1].enumerated().map { DevicePair($0.offset, $0.offset + 4, bonded: $0.element) }
    return quad + quad.map { DevicePair($0.first + 4, $0.second + 4, bonded: $0.bonded) } + twins
  }()

  /// One link between every two GPUs.
  public static func fullMesh(devices: Int) -> [DevicePair] {
    (0..<devices).flatMap { first in
      (first + 1..<max(devices, first + 1)).map { DevicePair(first, $0, bonded: 1) }
    }
  }

  /// A bridge over each pair of neighbours: 0 and 1, 2 and 3, ...; a last odd GPU has none.
  public static func bridges(devices: Int) -> [DevicePair] {
    (0..<devices / 2).map { DevicePair(2 * $0, 2 * $0 + 1, bonded: 1) }
  }

  /// The most links any GPU has.
  static func mostLinks(_ pairs: [DevicePair]) -> Int {
    var counts: [Int: Int] = [:]
    for pair in pairs {
      counts[pair.first, default: 0] += pair.bonded
      counts[pair.second, default: 0] += pair.bonded
    }
    return max(1, counts.values.max() ?? 1)
  }
}
