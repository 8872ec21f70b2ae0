import Hardware

/// Finds the GPU of the catalogue that people mean by names such as "A100-SXM-80GB" or "V100-SXM2 (DGX-1)".
public struct DeviceFinder {
  private let devices: [DeviceSpec]

  /// Looks names up in the built-in catalogue.
  public init() {
    devices = Catalog.builtIn.names(.device).compactMap { try? Catalog.builtIn.device(named: $0) }
  }

  /// The device: the chip must match, the module and the memory where they are said; without them the socketed module
  /// with the most memory is meant.
  public func device(_ name: String) -> DeviceSpec? {
    let words = Self.words(name)
    let chips = Set(devices.compactMap { Self.words($0.name).first })
    guard let chip = words.first(where: { chips.contains($0) }) else { return nil }
    let same = devices.filter { Self.words($0.name).first == chip }
    let isCard = words.contains("pcie")
    let modules = same.filter { Self.words($0.name).contains("pcie") == isCard }
    let fitting = modules.isEmpty ? (isCard ? [] : same) : modules
    let exact = fitting.filter { device in
      Self.words(device.name).contains { $0.hasSuffix("gb") && words.contains($0) }
    }
    return exact.first ?? fitting.last
  }

  private static func words(_ name: String) -> [String] {
    name.lowercased().split { !$0.isLetter && !$0.isNumber }.map { String($0) }
  }
}
