import Costing
import Hardware
import Parallelism
import Quantities
import ScenarioIO
import Workload

/// What the catalogue holds, as lines and facts.
public enum CatalogText {
  /// One entry of a list.
  public struct Entry: Hashable, Sendable {
    /// Catalogue name.
    public let name: String
    /// Name for people.
    public let title: String
  }

  /// One fact: a key, its value, where the value comes from.
  public struct Fact: Hashable, Sendable {
    let key: String
    let value: JSONValue
    let source: String?

    init(_ key: String, _ value: JSONValue, _ source: String? = nil) {
      self.key = key
      self.value = value
      self.source = source
    }
  }

  /// The facts of an entry for people.
  public static func text(_ kind: String, _ name: String, _ facts: [Fact]) throws(InputError) -> String {
    kind == "kernel-table" ? try kernelTable(name).text : text(facts)
  }

  private static func kernelTable(_ name: String) throws(InputError) -> KernelTableReport {
    KernelTableReport(try Catalog.builtIn.kernelTable(named: name))
  }

  /// The entries of a kind (`gpu`, `link`, `cluster`, `model`, `kernel-table`, `schedule`, `collective`), by name.
  ///
  /// - Throws: ``InputError`` for an unknown kind.
  public static func entries(_ kind: String) throws(InputError) -> [Entry] {
    switch kind {
    case "schedule": return ScheduleCatalog.all.map { Entry(name: $0.name, title: "pipeline schedule") }
    case "collective": return CollectiveCatalog.all.map { Entry(name: $0.name, title: "collective algorithm") }
    case "kernel-table":
      var entries: [Entry] = []
      for name in Catalog.builtIn.kernelTableNames {
        let table = try Catalog.builtIn.kernelTable(named: name)
        entries.append(Entry(name: name, title: "\(table.gpu), \(table.origin.rawValue), \(table.rows.count) kernels"))
      }
      return entries
    default:
      return Catalog.builtIn.entries(try fileKind(kind)).map { Entry(name: $0.name, title: $0.title) }
    }
  }

  /// What is known of one entry.
  ///
  /// - Throws: ``InputError`` with the nearest spelling for an unknown name.
  public static func facts(_ kind: String, _ name: String) throws(InputError) -> [Fact] {
    switch kind {
    case "gpu": return facts(try Catalog.builtIn.device(named: name))
    case "link": return facts(try Catalog.builtIn.link(named: name))
    case "cluster": return facts(try Catalog.builtIn.cluster(named: name))
    case "kernel-table": return try kernelTable(name).facts
    case "model":
      let description = try Catalog.builtIn.model(named: name)
      return facts(description, try description.model(sequenceLength: nil))
    default:
      guard let entry = try entries(kind).first(where: { $0.name == name }) else { throw unknown(kind, name) }
      return [Fact("name", .text(entry.name)), Fact("kind", .text(entry.title))]
    }
  }

  /// A list for people.
  public static func list(_ kind: String, _ entries: [Entry]) -> String {
    var table = TextTable([kind, "title"])
    let width = entries.map(\.title.count).max() ?? 0
    for entry in entries { table.add([entry.name, entry.title.padded(to: width)]) }
    return table.lines.map(\.trimmingTrailingSpaces).joined(separator: "\n") + "\n"
  }

  /// Facts for people: key, value, source.
  public static func text(_ facts: [Fact]) -> String {
    let width = facts.map(\.key.count).max() ?? 0
    return facts.map { fact in
      let value =
        switch fact.value {
        case .text(let text): text
        default: fact.value.compactText
        }
      let source = fact.source.map { "\n" + "".padded(to: width + 4) + $0 } ?? ""
      return fact.key.padded(to: width) + "  " + value + source
    }.joined(separator: "\n") + "\n"
  }

  /// Facts as a document.
  public static func document(_ kind: String, _ name: String, _ facts: [Fact]) -> JSONValue {
    .object(
      [JSONField("schema_version", 1), JSONField("kind", .text(kind)), JSONField("name", .text(name))]
        + facts.filter { $0.key != "name" && $0.key != "kind" }.map { fact in
          JSONField(
            fact.key,
            fact.source.map { ["value": fact.value, "provenance": .text($0)] } ?? fact.value)
        })
  }

  private static func fileKind(_ kind: String) throws(InputError) -> Catalog.Kind {
    guard let found = Catalog.Kind(rawValue: kind == "gpu" ? "device" : kind) else { throw unknown("kind", kind) }
    return found
  }

  private static func unknown(_ kind: String, _ name: String) -> InputError {
    InputError(
      kind: .badInput,
      problems: [
        InputProblem(
          file: "catalog", message: "no \(kind) is called \"\(name)\"", advice: "see `galvasim catalog list`")
      ])
  }

  // MARK: Facts of each kind

  private static func facts(_ device: DeviceSpec) -> [Fact] {
    let peaks = NumberFormat.allCases.compactMap { format in
      device.peak[format].map {
        Fact(
          "peak_\(format.rawValue)_tflops", .number($0.teraflops),
          source(device.provenance, "peak.\(format.rawValue)"))
      }
    }
    return [Fact("name", .text(device.name)), Fact("title", .text(device.title))] + peaks + [
      Fact(
        "memory_capacity_bytes", .integer(device.memoryCapacity.count), source(device.provenance, "memory_capacity")),
      Fact(
        "memory_bandwidth_bytes_per_s", .number(device.memoryBandwidth.bytesPerSecond),
        source(device.provenance, "memory_bandwidth")),
      Fact("multiprocessors", .integer(device.multiprocessors), source(device.provenance, "multiprocessors")),
      Fact("kernel_overhead_s", .number(device.kernelOverhead.value), source(device.provenance, "kernel_overhead")),
      Fact("context_memory_bytes", .integer(device.contextMemory.count), source(device.provenance, "context_memory")),
      curve("gemm_efficiency", device.gemmEfficiency), curve("attention_efficiency", device.attentionEfficiency),
      curve("memory_efficiency", device.memoryEfficiency),
    ]
  }

  private static func facts(_ link: LinkSpec) -> [Fact] {
    [
      Fact("name", .text(link.name)),
      Fact("bandwidth_bytes_per_s", .number(link.bandwidth.bytesPerSecond), source(link.provenance, "bandwidth")),
      Fact("latency_s", .number(link.latency.value), source(link.provenance, "latency")),
      curve("efficiency", link.efficiency),
    ]
  }

  private static func facts(_ cluster: Cluster) -> [Fact] {
    [
      Fact("name", .text(cluster.name)), Fact("gpu", .text(cluster.device.name)),
      Fact("nodes", .integer(cluster.nodes)), Fact("devices_per_node", .integer(cluster.devicesPerNode)),
      Fact("topology", .text(cluster.topology.rawValue)), Fact("intra_node", .text(cluster.intraNode.name)),
      Fact("inter_node", cluster.interNode.map { .text($0.name) } ?? .null),
      Fact("network_cards_per_node", .integer(cluster.networkCardsPerNode)),
      Fact("host_link", .text(cluster.hostLink.name)),
    ]
  }

  private static func facts(_ description: ModelDescription, _ model: Model) -> [Fact] {
    let perSequence = model.forwardOperations(sequences: 1).count
    let tokens = Double(model.embedding.sequenceLength)
    return [
      Fact("name", .text(description.name)), Fact("title", .text(description.title)),
      Fact("blocks", .integer(model.blocks.count)), Fact("sequence_length", .integer(model.embedding.sequenceLength)),
      Fact("parameters", .integer(model.parameterCount), description.provenance),
      Fact("published_parameters", description.parameters.map { .integer($0) } ?? .null),
      Fact("active_parameters", .integer(model.activeParameterCount)),
      Fact("forward_flops_per_token", .number(perSequence / tokens), ScenarioRun.operationConvention),
    ]
  }

  private static func curve(_ key: String, _ curve: EfficiencyCurve) -> Fact {
    Fact(
      key, .list(curve.points.map { .list([.number($0.size), .number($0.fraction)]) }),
      "\(curve.provenance.kind.rawValue): \(curve.provenance.source)")
  }

  private static func source(_ provenance: [String: Provenance], _ key: String) -> String? {
    provenance[key].map { "\($0.kind.rawValue): \($0.source)" }
  }
}
