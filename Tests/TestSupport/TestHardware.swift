import Hardware
import Quantities

/// Made-up hardware with round numbers.
public enum TestHardware {
  /// Evidence of made-up numbers.
  public static let provenance = Provenance(.assumed, "round numbers for tests")

  /// A curve with the same fraction at every size.
  ///
  /// - Precondition: `0 < fraction <= 1`.
  public static func curve(_ fraction: Double) -> EfficiencyCurve {
    curve([(1, fraction)])
  }

  /// A curve through points.
  ///
  /// - Precondition: sizes increase and fractions lie in (0, 1].
  public static func curve(_ points: [(size: Double, fraction: Double)]) -> EfficiencyCurve {
    let points = points.map { EfficiencyCurve.Point(size: $0.size, fraction: $0.fraction) }
    guard let curve = EfficiencyCurve(points: points, provenance: provenance) else {
      preconditionFailure("a test asks for a curve that does not exist")
    }
    return curve
  }

  /// A link with the same efficiency at every size.
  public static func link(_ rate: Bandwidth, latency: Seconds, efficiency: Double = 1) -> LinkSpec {
    LinkSpec(
      name: "link", bandwidth: rate, latency: latency, efficiency: curve(efficiency), provenance: [:])
  }

  /// A GPU of 100 TFLOP/s, 1 TB/s and 64 GiB with every number format and a launch gap of 1 us.
  public static func device(
    efficiency: EfficiencyCurve? = nil, kernelOverhead: Seconds = .microseconds(1), context: Bytes = .mebibytes(512),
    memory: Bytes = .gibibytes(64)
  ) -> DeviceSpec {
    DeviceSpec(
      name: "test-gpu", title: "Test GPU",
      peak: [
        .fp32: .teraflops(25), .tf32: .teraflops(50), .fp16: .teraflops(100), .bf16: .teraflops(100),
        .fp8: .teraflops(200),
      ], memoryCapacity: memory, memoryBandwidth: .gigabytesPerSecond(1000), multiprocessors: 100,
      kernelOverhead: kernelOverhead, gemmEfficiency: efficiency ?? curve(0.5),
      attentionEfficiency: efficiency ?? curve(0.25), memoryEfficiency: efficiency ?? curve(0.8),
      contextMemory: context, provenance: [:])
  }

  /// Nodes of GPUs with 100 GB/s and 2 us inside, cards of 25 GB/s and 5 us between.
  public static func cluster(
    nodes: Int = 1, devicesPerNode: Int = 8, cards: Int? = nil, topology: NodeTopology = .nvswitch,
    device: DeviceSpec? = nil
  ) -> Cluster {
    Cluster(
      name: "test", device: device ?? self.device(), devicesPerNode: devicesPerNode, nodes: nodes,
      topology: topology, intraNode: link(.gigabytesPerSecond(100), latency: .microseconds(2)),
      interNode: nodes > 1 ? link(.gigabytesPerSecond(25), latency: .microseconds(5)) : nil,
      networkCardsPerNode: nodes > 1 ? cards ?? devicesPerNode : 0,
      hostLink: link(.gigabytesPerSecond(20), latency: .microseconds(4)))
  }
}

extension Cluster {
  /// The same cluster with GPUs of other peak rates.
  public func withPeaks(_ peak: [NumberFormat: ComputeRate]) -> Cluster {
    let gpu = DeviceSpec(
      name: device.name, title: device.title, peak: peak, memoryCapacity: device.memoryCapacity,
      memoryBandwidth: device.memoryBandwidth, multiprocessors: device.multiprocessors,
      kernelOverhead: device.kernelOverhead, gemmEfficiency: device.gemmEfficiency,
      attentionEfficiency: device.attentionEfficiency, memoryEfficiency: device.memoryEfficiency,
      contextMemory: device.contextMemory, provenance: device.provenance)
    return Cluster(
      name: name, device: gpu, devicesPerNode: devicesPerNode, nodes: nodes, topology: topology,
      intraNode: intraNode, interNode: interNode, networkCardsPerNode: networkCardsPerNode, hostLink: hostLink)
  }
}

extension Cluster {
  /// The same cluster with GPUs whose kernels and collectives slow each other down.
  public func withInterference(_ traits: InterferenceTraits) -> Cluster {
    let gpu = DeviceSpec(
      name: device.name, title: device.title, peak: device.peak, memoryCapacity: device.memoryCapacity,
      memoryBandwidth: device.memoryBandwidth, multiprocessors: device.multiprocessors,
      kernelOverhead: device.kernelOverhead, gemmEfficiency: device.gemmEfficiency,
      attentionEfficiency: device.attentionEfficiency, memoryEfficiency: device.memoryEfficiency,
      contextMemory: device.contextMemory, interference: traits, provenance: device.provenance)
    var cluster = Cluster(
      name: name, device: gpu, devicesPerNode: devicesPerNode, nodes: nodes, topology: topology,
      intraNode: intraNode, interNode: interNode, networkCardsPerNode: networkCardsPerNode, hostLink: hostLink,
      layout: layout)
    cluster.spreading = spreading
    return cluster
  }
}
