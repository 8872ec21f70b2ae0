import Hardware
import Quantities

/// Reads devices and links from the catalogue format.
struct HardwareReader {
  let log: ProblemLog

  /// A device mapping; `nil` with problems recorded.
  func device(_ node: DocumentNode, path: String) -> DeviceSpec? {
    guard let reader = MappingReader(node, path: path, keys: .device, log: log) else { return nil }
    reader.checkKind("device")
    let before = log.problems.count
    let name = reader.requiredText("name")
    let title = reader.text("title") ?? name
    let peak = peaks(reader)
    let capacity = reader.evidencedBytes("memory_capacity")
    let bandwidth = reader.evidencedBandwidth("memory_bandwidth")
    let processors = reader.evidencedInteger("multiprocessors", in: 1...1_000_000)
    let overhead = reader.evidencedSeconds("kernel_overhead")
    let context = reader.evidencedBytes("context_memory", allowsZero: true)
    let interference = reader.value("interference").flatMap {
      self.interference($0, path: reader.path("interference"))
    }
    let gemm = reader.curve("gemm_efficiency")
    let attention = reader.curve("attention_efficiency")
    let memory = reader.curve("memory_efficiency")
    guard log.problems.count == before, let name, let title, let peak, let capacity, let bandwidth, let processors,
      let overhead, let context, let gemm, let attention, let memory
    else { return nil }
    guard context.value < capacity.value else {
      log.add(node, path: reader.path("context_memory"), expected: "less than memory_capacity")
      return nil
    }
    var provenance = [
      "memory_capacity": capacity.provenance, "memory_bandwidth": bandwidth.provenance,
      "multiprocessors": processors.provenance, "kernel_overhead": overhead.provenance,
      "context_memory": context.provenance, "gemm_efficiency": gemm.provenance,
      "attention_efficiency": attention.provenance, "memory_efficiency": memory.provenance,
    ]
    if let interference {
      provenance["interference.kernel"] = interference.kernel.provenance
      provenance["interference.collective"] = interference.collective.provenance
    }
    for entry in peak { provenance["peak.\(entry.format.rawValue)"] = entry.rate.provenance }
    return DeviceSpec(
      name: name, title: title, peak: Dictionary(uniqueKeysWithValues: peak.map { ($0.format, $0.rate.value) }),
      memoryCapacity: capacity.value, memoryBandwidth: bandwidth.value, multiprocessors: processors.value,
      kernelOverhead: overhead.value, gemmEfficiency: gemm, attentionEfficiency: attention, memoryEfficiency: memory,
      contextMemory: context.value,
      interference: interference.map {
        InterferenceTraits(kernel: $0.kernel.value, collective: $0.collective.value)
      }, provenance: provenance)
  }

  private func interference(
    _ node: DocumentNode, path: String
  ) -> (kernel: Evidenced<Double>, collective: Evidenced<Double>)? {
    guard let reader = MappingReader(node, path: path, keys: .interference, log: log) else { return nil }
    let factors = ["kernel", "collective"].compactMap { key in
      reader.evidence(key) { node, path in
        log.number(node, path: path, in: 1...10, expected: "a factor of at least 1, such as 1.2")
      }
    }
    return factors.count == 2 ? (factors[0], factors[1]) : nil
  }

  private func peaks(_ reader: MappingReader) -> [(format: NumberFormat, rate: Evidenced<ComputeRate>)]? {
    guard let node = reader.require("peak", "a mapping of number formats to rates"),
      let section = MappingReader(node, path: reader.path("peak"), keys: .peak, log: log)
    else { return nil }
    let rates = NumberFormat.allCases.filter { section.value($0.rawValue) != nil }.compactMap { format in
      section.evidencedCompute(format.rawValue).map { (format: format, rate: $0) }
    }
    if node.entries.isEmpty { log.add(node, path: section.path, expected: "at least one number format") }
    return rates.isEmpty ? nil : rates
  }

  /// A link mapping; `nil` with problems recorded.
  func link(_ node: DocumentNode, path: String) -> LinkSpec? {
    guard let reader = MappingReader(node, path: path, keys: .link, log: log) else { return nil }
    reader.checkKind("link")
    let before = log.problems.count
    let name = reader.requiredText("name")
    let bandwidth = reader.evidencedBandwidth("bandwidth")
    let latency = reader.evidencedSeconds("latency")
    let efficiency = reader.curve("efficiency")
    let collectives = reader.value("collectives").flatMap { traits($0, path: reader.path("collectives")) }
    guard log.problems.count == before, let name, let bandwidth, let latency, let efficiency else { return nil }
    var provenance = [
      "bandwidth": bandwidth.provenance, "latency": latency.provenance, "efficiency": efficiency.provenance,
    ]
    if let collectives { provenance.merge(collectives.provenance) { first, _ in first } }
    return LinkSpec(
      name: name, bandwidth: bandwidth.value, latency: latency.value, efficiency: efficiency,
      collectives: collectives?.traits, provenance: provenance)
  }
}

extension MappingReader {
  /// A file says what it is; an inline mapping may leave it out.
  func checkKind(_ expected: String) {
    if let kind = value("kind"), kind.text != expected { log.add(kind, path: path("kind"), expected: expected) }
  }
}
