import Hardware
import ScenarioIO

/// Finds the cluster of the catalogue a row was measured on.
struct RunClusterMapping {
  private let finder = DeviceFinder()

  /// Links between nodes, by what rows call them: the first that occurs counts.
  private static let fabrics: [(words: String, link: String, cards: Int)] = [
    ("4x200gb/s hdr", "ib-hdr", 4), ("8x hdr200", "ib-hdr", 8), ("8x200gb/s roce", "roce-200g", 8),
    ("as table 2", "roce-200g", 8), ("1600 gbps roce", "roce-200g", 8), ("2 tb/s roce", "roce-200g", 8),
    ("800 gbps", "roce-100g", 8), ("400 gbps", "roce-100g", 4), ("4 omni-path", "omnipath-100", 4),
    ("aws efa", "efa-400g", 8), ("400gb/s roce", "roce-400g", 8), ("400gb/s rdma", "roce-400g", 8),
    ("400gb/s cx-7", "ib-ndr", 8), ("800 gb/s", "ib-hdr", 4), ("roce rdma", "roce-200g", 4),
    ("dgx nvlink + ib", "ib-ndr", 8), ("infiniband (eos", "ib-ndr", 8), ("infiniband", "ib-hdr", 8),
  ]

  /// Names of GPUs of a kind of server, by the word before the size of memory.
  private static let servers: [(device: String, cluster: String)] = [
    ("a100-sxm-80gb", "dgx-a100"), ("a100-sxm-40gb", "dgx-a100-40gb"), ("h100-sxm-80gb", "dgx-h100"),
    ("h200-sxm-141gb", "hgx-h200"), ("b200-sxm-180gb", "hgx-b200"), ("a100-pcie-80gb", "dgx-a100-pcie"),
    ("v100-sxm2-32gb", "dgx-1v"), ("v100-sxm2-16gb", "dgx-1v-16gb"), ("titan-rtx-24gb", "titan-rtx-8"),
  ]

  /// The cluster with as many GPUs as the row says.
  func cluster(_ run: MeasuredRun, devices: Int, _ notes: inout [String]) throws(RunGap) -> Cluster {
    let gpu = run.text("gpu")
    guard let device = device(gpu) else {
      throw RunGap("gpu: \(gpu.isEmpty ? "not in the row" : gpu + " is not in the catalogue")")
    }
    let listed = device.name.hasSuffix("-500w") ? "h100-sxm-80gb" : device.name
    guard let server = Self.servers.first(where: { $0.device == listed })?.cluster,
      let known = try? Catalog.builtIn.cluster(named: server)
    else { throw RunGap("gpu: no server with \(device.name) is in the catalogue") }
    let place = run.words("interconnect")
    // The cluster whose collectives the same publication measured.
    let own = place.contains("playbook text") ? try? Catalog.builtIn.cluster(named: "p5-ultrascale") : nil
    let perNode = min(devices, run.count("gpus_per_node") ?? known.devicesPerNode)
    guard devices % perNode == 0 else { throw RunGap("n_gpus: \(devices) do not fill nodes of \(perNode)") }
    let nodes = devices / perNode
    let fabric = Self.fabrics.first { place.contains($0.words) }
    var link = known.interNode
    var cards = known.networkCardsPerNode
    if let own {
      link = own.interNode
    } else if let fabric, let found = try? Catalog.builtIn.link(named: fabric.link) {
      (link, cards) = (found, fabric.cards)
    } else if nodes > 1 {
      notes.append("network not in the row: \(cards) cards of \(link?.name ?? "none") per node")
    }
    let isSwitched = perNode > 8 || gpu.contains("DGX-2")
    return Cluster(
      name: known.name, device: device, devicesPerNode: perNode, nodes: nodes,
      topology: isSwitched ? .nvswitch : known.topology, intraNode: known.intraNode, interNode: link,
      networkCardsPerNode: max(1, cards), hostLink: known.hostLink,
      measuredCollectives: own?.measuredCollectives ?? (fabric == nil ? known.measuredCollectives : nil))
  }

  /// The device; names of machines such as `8xV100` or `p3.16xlarge` stand for theirs.
  private func device(_ name: String) -> DeviceSpec? {
    let lowered = name.lowercased()
    let machines = [
      ("p3.16xlarge", "V100-SXM2-16GB"), ("8xv10016g", "V100-SXM2-16GB"), ("v100-sxm3", "V100-SXM2-32GB"),
      ("a100-sxm4-40", "A100-SXM-40GB"), ("a100-sxm4", "A100-SXM-80GB"), ("a100-sxm4-80", "A100-SXM-80GB"),
      ("h100 80gb hbm3", "H100-SXM-80GB"), ("gb200", "B200-SXM"), ("xv100", "V100-SXM2-32GB"),
    ]
    if lowered.contains("500w"), let full = finder.device("H100-SXM-80GB") { return Self.limited(full) }
    if let machine = machines.first(where: { lowered.contains($0.0) }) { return finder.device(machine.1) }
    return finder.device(name)
  }

  /// The H100 with 96 GB of HBM2e at 2.4 TB/s and 500 W (github.com/pytorch/torchtitan @b5bcd76c66,
  /// benchmarks/llama3_h100_202412_torchtitan.md).
  private static func limited(_ chip: DeviceSpec) -> DeviceSpec {
    DeviceSpec(
      name: "h100-sxm-96gb-500w", title: "NVIDIA H100 SXM 96 GB at 500 W", peak: chip.peak,
      memoryCapacity: .gibibytes(94), memoryBandwidth: .gigabytesPerSecond(2400), multiprocessors: chip.multiprocessors,
      kernelOverhead: chip.kernelOverhead, gemmEfficiency: chip.gemmEfficiency,
      attentionEfficiency: chip.attentionEfficiency, memoryEfficiency: chip.memoryEfficiency,
      contextMemory: chip.contextMemory, interference: chip.interference, provenance: chip.provenance)
  }
}
