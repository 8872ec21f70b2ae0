extension ImportedCluster {
  /// The hosts of a topology file as NCCL dumps it (`NCCL_TOPO_DUMP_FILE`).
  ///
  /// - Throws: ``InputError`` with the line.
  public static func collectiveTopology(
    path: String, choices: ImportChoices = ImportChoices()
  ) throws(InputError) -> ImportedCluster {
    try collectiveTopology(FileText.load(path: path), file: path, choices: choices)
  }

  /// The same for a text and what to call it.
  static func collectiveTopology(
    _ text: String, file: String, choices: ImportChoices
  ) throws(InputError) -> ImportedCluster {
    let topology = try CollectiveTopology(MarkupElement.parse(text, file: file), file: file)
    let (node, count) = try topology.nodes()
    var facts = ImportedFacts(source: "an NCCL topology file")
    facts.nodes = count
    facts.nodesNote = "hosts found"
    facts.device = topology.capability.flatMap(device)
    facts.slots = topology.slotRate.map(slot)
    facts.network = topology.cardSpeed.map { network(speed: $0, isInfiniBand: topology.isInfiniBand) }
    var cluster = ImportedCluster(node, facts, choices: choices)
    if let speed = topology.cardSpeed { cluster.used.append("card speed \(speed) Mb/s") }
    if let rate = topology.slotRate { cluster.used.append("slots of \(Int(rate)) GT/s, all lanes together") }
    return cluster
  }

  /// The usual GPU of a compute capability (or AMD architecture).
  private static func device(_ capability: String) -> String? {
    let known = [
      "70": "v100-sxm2-32gb", "75": "titan-rtx-24gb", "80": "a100-sxm-80gb", "86": "a40-48gb", "89": "l40s-48gb",
      "90": "h100-sxm-80gb", "100": "b200-sxm-180gb", "gfx942": "mi300x-192gb",
    ]
    return known[capability]
  }

  /// The slot nearest below: 128, 256 and 512 GT/s are 16 lanes of PCIe 3, 4 and 5.
  private static func slot(_ rate: Double) -> String {
    rate >= 512 ? "pcie5-x16" : rate >= 256 ? "pcie4-x16" : "pcie3-x16"
  }

  /// The card nearest below in the catalogue.
  private static func network(speed: Int, isInfiniBand: Bool) -> String {
    if speed >= 400_000 { return isInfiniBand ? "ib-ndr" : "roce-400g" }
    if speed >= 200_000 { return isInfiniBand ? "ib-hdr" : "roce-200g" }
    return isInfiniBand ? "ib-edr" : "roce-100g"
  }
}
