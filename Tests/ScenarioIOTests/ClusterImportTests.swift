import Foundation
import Hardware
import Quantities
import Testing

@testable import ScenarioIO

/// Files of other programs beside the checkout, where there are any.
private enum Fixture {
  static let folder: String = {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { folder.deleteLastPathComponent() }
    return folder.appendingPathComponent("shared/data/fixtures").path
  }()

  static let isThere = FileManager.default.fileExists(atPath: folder)

  static func path(_ name: String) -> String { "\(folder)/\(name)" }
}

@Suite("Importing clusters")
struct ClusterImportTests {
  /// The cluster our own reader makes of an import.
  private func readBack(_ imported: ImportedCluster) throws -> Cluster {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return try Catalog.builtIn.cluster(named: try folder.write("imported.yaml", imported.text))
  }

  private func names(_ cluster: Cluster, _ source: Int, _ destination: Int) throws -> [String] {
    let topology = try cluster.makeTopology()
    var router = Router(topology)
    return try router.route(from: source, to: destination).links.map { topology.name(ofLink: $0) }
  }

  // MARK: nvidia-smi topo -m

  /// Two bridged pairs on two sockets, one card on the first switch, pasted with blanks.
  static let bridged = """
          GPU0  GPU1  GPU2  GPU3  mlx5_0  CPU Affinity  NUMA Affinity
    GPU0   X    NV4   SYS   SYS   PIX     0-15          0
    GPU1  NV4    X    SYS   SYS   NODE    0-15          0
    GPU2  SYS   SYS    X    NV4   SYS     16-31         1
    GPU3  SYS   SYS   NV4    X    SYS     16-31         1
    mlx5_0 PIX  NODE  SYS   SYS    X

    Legend:

      X    = Self
    """

  @Test func `a pasted matrix becomes sockets, switches and bridges`() throws {
    let imported = try ImportedCluster.nvidiaTopology(
      [(name: "topo.txt", text: Self.bridged)], choices: ImportChoices(device: "a100-pcie-80gb"))
    let cluster = try readBack(imported)
    #expect(cluster.topology == .pcie && cluster.devicesPerNode == 4 && cluster.networkCardsPerNode == 1)
    let (node, _) = try regularLayout(cluster)
    #expect(node.sockets == 2)
    #expect(node.switchSockets == [0])
    #expect(node.devicePlaces == [.pcieSwitch(0), .socket(0), .socket(1), .socket(1)])
    #expect(node.cardPlaces == [.pcieSwitch(0)])
    #expect(node.deviceLinks == .direct([DevicePair(0, 1, bonded: 4), DevicePair(2, 3, bonded: 4)]))
    #expect(try names(cluster, 2, 3) == ["node0.gpu2-gpu3"])
    #expect(imported.text.contains("# default: layout.node.socket_link"))
    #expect(imported.text.contains("# used: device \"a100-pcie-80gb\", given with --device"))
  }

  @Test func `several files are several nodes`() throws {
    let file = (name: "topo.txt", text: Self.bridged)
    let imported = try ImportedCluster.nvidiaTopology([file, file, file], choices: ImportChoices())
    #expect(try readBack(imported).nodes == 3)
  }

  /// 4 V100 with two links to each other would fit six links per GPU: no switch. With 8 GPUs and 12 links there is one.
  @Test func `equal links mean a switch only when a GPU has not enough for all others`() throws {
    func matrix(_ count: Int, _ cell: String) -> String {
      let header = (0..<count).map { "GPU\($0)" }.joined(separator: "\t")
      let rows = (0..<count).map { row in
        "GPU\(row)\t" + (0..<count).map { $0 == row ? " X " : cell }.joined(separator: "\t")
      }
      return "\u{1b}[4m\t" + header + "\tCPU Affinity\u{1b}[0m\n" + rows.joined(separator: "\n") + "\n"
    }
    func imported(_ text: String) throws -> Cluster {
      try readBack(ImportedCluster.nvidiaTopology([(name: "t", text: text)], choices: ImportChoices()))
    }
    let mesh = try imported(matrix(4, "NV2"))
    #expect(mesh.topology == .mesh && mesh.device.name == "v100-sxm2-32gb")
    let crossbar = try imported(matrix(8, "NV12"))
    #expect(crossbar.topology == .nvswitch && crossbar.device.name == "a100-sxm-80gb")
  }

  @Test(.enabled(if: Fixture.isThere))
  func `the matrix of an H100 server is read as it is`() throws {
    let imported = try ImportedCluster.nvidiaTopology(paths: [Fixture.path("nvidia_smi_topo_m_8xH100_10nic.txt")])
    let cluster = try readBack(imported)
    #expect(cluster.device.name == "h100-sxm-80gb")
    #expect(cluster.topology == .nvswitch && cluster.devicesPerNode == 8 && cluster.networkCardsPerNode == 10)
    let (node, _) = try regularLayout(cluster)
    #expect(node.sockets == 2 && node.switchSockets == [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(node.cardPlaces[4] == .socket(0) && node.cardPlaces[9] == .socket(1))
    #expect(node.cardPlaces[5] == .pcieSwitch(4))
    let way = try names(cluster.with(nodes: 2), 4, 8)
    #expect(way[1...2] == ["node0.pcie4-nic5", "node0.nic5-leaf0"])
    #expect(imported.text.contains("NIC3 = mlx5_3"))
  }

  @Test(arguments: [
    ("nothing here\n", "no header"), ("\tGPU0\tGPU1\nGPU0\tX\tPIX\n", "no row of GPU1"),
    ("\tGPU0\tGPU1\nGPU0\tX\n", "t:2:1: found 1 cells"), ("\tGPU0\tGPU1\nGPU0\tX\tNV\nGPU1\tNV\tX\n", "found \"NV\""),
    ("\tGPU0\tGPU1\nGPU0\tX\tNV0\nGPU1\tNV0\tX\n", "found \"NV0\""), ("\tGPU0\tGPU0\nGPU0\tX\tX\n", "a device twice"),
    ("\tGPU0\tGPU1\nGPU0\tX\tPIX\nGPU1\tSYS\tX\n", "symmetric"), ("\tGPU0\tGPU1\nGPU0\tX\tX\nGPU1\tX\tX\n", "diagonal"),
    ("\tGPU0\nGPU0\tX\nGPU0\tX\n", "t:3:1: found a second row"),
    ("\tGPU0\tN\tGPU1\nGPU0\tX\tPIX\tPIX\nN\tPIX\tX\tPIX\nGPU1\tPIX\tPIX\tX\n", "GPUs first"),
  ])
  func `a bad matrix is refused with its line`(text: String, fragment: String) {
    expectFailure(fragment) { () throws(InputError) in
      try ImportedCluster.nvidiaTopology([(name: "t", text: text)], choices: ImportChoices())
    }
  }

  private func expectFailure(_ fragment: String, _ reading: () throws(InputError) -> ImportedCluster) {
    do throws(InputError) {
      let imported = try reading()
      Issue.record("read as \(imported.text)")
    } catch { #expect(error.description.contains(fragment), "\(error)") }
  }

  // MARK: NCCL topology XML

  /// Two hosts of two V100 joined by two links, one below a switch with a card, one on the socket.
  static let hosts: String = {
    func host(_ hash: String) -> String {
      """
        <cpu host_hash="\(hash)" numaid="0" arch="x86_64">
          <pci busid="0000:03:00.0" class="0x060400" link_speed="8.0 GT/s PCIe" link_width="16">
            <pci busid="0000:06:00.0" class="0x030200" link_speed="8.0 GT/s PCIe" link_width="16">
              <gpu dev="0" sm="70" rank="0" gdr="1"><nvlink target="0000:85:00.0" count="2" tclass="0x030200"/></gpu>
            </pci>
            <pci busid="0000:07:00.0" class="0x020000"><nic><net name="eth0" dev="0" speed="100000"/></nic></pci>
          </pci>
          <pci busid="0000:85:00.0" class="0x030200" link_speed="8.0 GT/s PCIe" link_width="16">
            <gpu dev="1" sm="70" rank="1"><nvlink target="0000:06:00.0" count="2" tclass="0x030200"/></gpu>
          </pci>
        </cpu>
      """
    }
    return
      "<?xml version=\"1.0\"?>\n<!-- made up -->\n<system version=\"1\">\n\(host("0x1"))\n\(host("0x2"))\n</system>\n"
  }()

  @Test func `hosts of an XML file are nodes`() throws {
    let imported = try ImportedCluster.collectiveTopology(Self.hosts, file: "t.xml", choices: ImportChoices())
    let cluster = try readBack(imported)
    #expect(cluster.nodes == 2 && cluster.devicesPerNode == 2 && cluster.networkCardsPerNode == 1)
    #expect(cluster.device.name == "v100-sxm2-32gb" && cluster.interNode?.name == "roce-100g")
    #expect(cluster.hostLink.name == "pcie3-x16")
    let (node, _) = try regularLayout(cluster)
    #expect(node.devicePlaces == [.pcieSwitch(0), .socket(0)])
    #expect(node.deviceLinks == .direct([DevicePair(0, 1, bonded: 2)]))
  }

  @Test(.enabled(if: Fixture.isThere))
  func `the dump of two H100 is read as it is`() throws {
    let imported = try ImportedCluster.collectiveTopology(path: Fixture.path("nccl_topo_2gpu.xml"))
    let cluster = try readBack(imported)
    #expect(cluster.device.name == "h100-sxm-80gb" && cluster.topology == .nvswitch)
    #expect(cluster.hostLink.name == "pcie5-x16" && cluster.interNode?.name == "ib-ndr")
    #expect(cluster.devicesPerNode == 2 && cluster.networkCardsPerNode == 1)
    #expect(imported.text.contains("# used: topology nvswitch, 18 links"))
    #expect(try names(cluster.with(nodes: 2), 1, 3).count == 12)
  }

  @Test(arguments: [
    ("", "no element"), ("<a/>", "expected <system>"), ("<system/>", "no GPU"), ("<system>", "end of the file"),
    ("<system>\n<cpu>\n</system>", "t:3:1: found another end tag"), ("<system a=1/>", "no quote"),
    ("<system a=\"1\" a=\"2\"/>", "a twice"), ("<system a=\"1/>", "closing quote"), ("<!DOCTYPE a><a/>", "declaration"),
    ("<system/><b/>", "a second element"), ("<!-- <system/>", "expected -->"), ("<system", "no name"),
    ("< >", "no name"),
    ("<system><cpu><pci><gpu dev=\"x\"/></pci></cpu></system>", "found dev \"x\""),
    ("<system><cpu><pci><gpu dev=\"0\"/><gpu dev=\"0\"/></pci></cpu></system>", "second GPU 0"),
    (String(repeating: "<a>", count: 100), "nested deeper than 64"),
    (
      "<system><cpu host_hash=\"1\"><pci><gpu dev=\"0\"/></pci></cpu><cpu host_hash=\"2\"/></system>",
      "hosts that differ"
    ),
  ])
  func `a bad XML file is refused with its line`(text: String, fragment: String) {
    expectFailure(fragment) { () throws(InputError) in
      try ImportedCluster.collectiveTopology(text, file: "t", choices: ImportChoices())
    }
  }

  @Test func `entities and quotes of XML are understood`() throws {
    let element = try MarkupElement.parse("<a b='x &lt;&amp;gt; \"' c=\"&unknown; &\"/>", file: "t")
    #expect(element["b"] == "x <&gt; \"" && element["c"] == "&unknown; &")
  }

  // MARK: Slurm

  @Test func `host lists keep their zeros`() throws {
    #expect(try Hostlist.names("a[1-3,7]b[0-1]") == ["a1b0", "a1b1", "a2b0", "a2b1", "a3b0", "a3b1", "a7b0", "a7b1"])
    #expect(
      try Hostlist.names("gpu[008-011],login,x[09-10]y") == [
        "gpu008", "gpu009", "gpu010", "gpu011", "login", "x09y", "x10y",
      ])
    for bad in ["a[1", "a]", "a[[1]]", "a[2-1]", "a[]", "a,,b", "a[x]", "a[1-2-3]", "a[0-99999999]", "a[-1]"] {
      #expect(throws: Hostlist.Failure.self, "\(bad)") { try Hostlist.names(bad) }
    }
  }

  @Test func `a tree of three levels has pods`() throws {
    let text = """
      SwitchName=top Switches=mid[0-1]   # above
      SwitchName=mid0 Switches=leaf[0-1] LinkSpeed=100
      SwitchName=mid1 Switches=leaf2
      SwitchName=leaf0 \\
        Nodes=n[1-4]
      SwitchName=leaf1 Nodes=n[5-8]
      SwitchName=leaf2 Nodes=n9
      """
    let imported = try ImportedCluster.slurmTopology(text, file: "topology.conf", choices: ImportChoices())
    let cluster = try readBack(imported)
    #expect(cluster.nodes == 9 && cluster.device.name == "h100-sxm-80gb")
    let tiers = FabricTiers(nodesPerLeaf: 4, spines: 1, pods: FabricPods(leavesPerPod: 2, cores: 1))
    let (node, fabric) = try regularLayout(cluster)
    #expect(fabric == .leafSpine(tiers))
    #expect(node.switchSockets.count == 8, "the node is the one of the base")
    #expect(imported.text.contains("groups of 4, 4, 1 nodes") && imported.text.contains("LinkSpeed"))
  }

  @Test func `names of a foreign file cannot leave their comment`() throws {
    let text = """
      - {topology: a, tree: {switches: [{switch: s, nodes: n}]}}
      - {topology: "b\\nnodes: 7", flat: true}
      """
    let imported = try ImportedCluster.slurmTopology(text, file: "t.yaml", choices: ImportChoices())
    #expect(imported.text.contains("# default: topology b?nodes: 7 is left out"))
    #expect(try readBack(imported).nodes == 1)
  }

  @Test func `a base and links can be chosen`() throws {
    let choices = ImportChoices(device: "h200-sxm-141gb", network: "roce-400g", base: "dgx-a100")
    let imported = try ImportedCluster.slurmTopology("SwitchName=s Nodes=a[0-3]", file: "t", choices: choices)
    let cluster = try readBack(imported)
    #expect(cluster.device.name == "h200-sxm-141gb" && cluster.interNode?.name == "roce-400g" && cluster.nodes == 4)
    let (_, fabric) = try regularLayout(cluster)
    #expect(fabric == .singleSwitch)
  }

  @Test(.enabled(if: Fixture.isThere))
  func `the Slurm files give leaves, spines and NVLink domains`() throws {
    for name in ["slurm_topology_tree.conf", "slurm_topology.yaml"] {
      let cluster = try readBack(ImportedCluster.slurmTopology(path: Fixture.path(name)))
      let (_, fabric) = try regularLayout(cluster)
      #expect(cluster.nodes == 10 && fabric == .leafSpine(FabricTiers(nodesPerLeaf: 5, spines: 1)))
    }
    let blocks = try readBack(ImportedCluster.slurmTopology(path: Fixture.path("slurm_topology_block.conf")))
    let (node, _) = try regularLayout(blocks)
    #expect(blocks.nodes == 36 && blocks.deviceCount == 144 && node.deviceLinks == .crossbar(nodes: 18))
    #expect(try names(blocks, 0, 71).count == 2)
    #expect(try names(blocks, 0, 72).count > 2)
  }

  @Test(arguments: [
    ("# nothing\n", "no switch"), ("SwitchName=a\n", "no nodes and no switches"), ("Switch=a\n", "the key Switch"),
    ("\nSwitchName=a Nodes=n[1\n", "t:2:1"), ("SwitchName=a Nodes=n1\nSwitchName=a Nodes=n2\n", "a second a"),
    ("SwitchName=a Nodes=n1 Switches=b\n", "both"),
    ("SwitchName=a Nodes=n1\nSwitchName=b Nodes=n1\n", "t:2:1: found n1"),
    ("SwitchName=a Switches=b\n", "b, which is no switch"), ("SwitchName=a Nodes\n", "expected Key=Value"),
    ("SwitchName=a Nodes=x Nodes=y\n", "twice in a line"), ("SwitchName=a Nodes=x\nBlockName=b Nodes=y\n", "one kind"),
    ("SwitchName=l Nodes=n\nSwitchName=a Switches=b\nSwitchName=b Switches=a\n", "above itself"),
    ("Nodes=n1\n", "no SwitchName"),
  ])
  func `a bad Slurm file is refused with its line`(text: String, fragment: String) {
    expectFailure(fragment) { () throws(InputError) in
      try ImportedCluster.slurmTopology(text, file: "t", choices: ImportChoices())
    }
  }

  @Test(arguments: [
    ("a: 1\n", "a list of topologies"), ("- {topology: x, flat: true}\n", "neither tree nor block"),
    ("- tree: {switches: [{nodes: a}]}\n", "no switch"), ("- [", "syntax error"),
  ])
  func `a bad topology.yaml is refused`(text: String, fragment: String) {
    expectFailure(fragment) { () throws(InputError) in
      try ImportedCluster.slurmTopology(text, file: "t.yaml", choices: ImportChoices())
    }
  }
}
