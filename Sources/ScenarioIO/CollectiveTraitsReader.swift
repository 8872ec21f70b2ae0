import Hardware
import Quantities

extension HardwareReader {
  /// How a collective library drives a link, with the evidence of its numbers; `nil` with problems recorded.
  func traits(
    _ node: DocumentNode, path: String
  ) -> (traits: CollectiveTraits, provenance: [String: Provenance])? {
    guard let reader = MappingReader(node, path: path, keys: .linkCollectives, log: log) else { return nil }
    let before = log.problems.count
    let media = CollectiveTraits.Medium.allCases.map { ($0.rawValue, $0) }
    _ = reader.require("medium", ProblemLog.list(media.map(\.0)))
    let medium = reader.choice("medium", among: media)
    let driver = driver(reader)
    let inSwitch = reader.value("in_switch") == nil ? nil : reader.curve("in_switch")
    guard log.problems.count == before, let medium else { return nil }
    var provenance: [String: Provenance] = [:]
    if let driver { provenance["collectives.call_overhead"] = driver.provenance }
    if let inSwitch { provenance["collectives.in_switch"] = inSwitch.provenance }
    return (CollectiveTraits(medium: medium, driver: driver?.driver, inSwitch: inSwitch), provenance)
  }

  /// The three keys of a driver, all or none.
  private func driver(
    _ reader: MappingReader
  ) -> (driver: CollectiveTraits.Driver, provenance: Provenance)? {
    let keys = ["generation", "channels", "call_overhead"]
    guard keys.contains(where: { reader.value($0) != nil }) else { return nil }
    let generations = CollectiveTraits.Generation.allCases.map { ($0.rawValue, $0) }
    _ = reader.require("generation", ProblemLog.list(generations.map(\.0)))
    let generation = reader.choice("generation", among: generations)
    let channels = reader.requiredInteger("channels", in: 1...1024)
    let overhead = reader.evidencedSeconds("call_overhead")
    guard let generation, let channels, let overhead else { return nil }
    return (
      CollectiveTraits.Driver(generation: generation, channels: channels, callOverhead: overhead.value),
      overhead.provenance
    )
  }
}
