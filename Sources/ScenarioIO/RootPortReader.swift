import Hardware

/// Reads the list form of `switches`: what hangs below each PCIe switch, or straight on a socket.
extension ReferenceReader {
  /// Where everything sits.
  struct RootPorts {
    var switchSockets: [Int] = []
    var devices: [NodeLayout.Place]
    var cards: [NodeLayout.Place]
  }

  /// The places of all GPUs and cards; each has to be listed once. `nil` with problems recorded.
  func rootPorts(
    _ ports: [DocumentNode], at position: SourcePosition, path: String, _ context: LayoutContext
  ) -> RootPorts? {
    var devices = [NodeLayout.Place?](repeating: nil, count: context.devices)
    var cards = [NodeLayout.Place?](repeating: nil, count: context.cards)
    var switchSockets: [Int] = []
    let before = log.problems.count
    for (index, port) in ports.enumerated() {
      let path = "\(path)[\(index)]"
      guard let reader = MappingReader(port, path: path, keys: .rootPort, log: log) else { continue }
      let socket = reader.integer("socket", in: 0...63) ?? 0
      let isDirect = reader.boolean("direct") ?? false
      let place = isDirect ? NodeLayout.Place.socket(socket) : .pcieSwitch(switchSockets.count)
      if !isDirect { switchSockets.append(socket) }
      put(reader, "gpus", at: place, into: &devices)
      put(reader, "cards", at: place, into: &cards)
    }
    guard log.problems.count == before else { return nil }
    let (placedDevices, placedCards) = (devices.compactMap { $0 }, cards.compactMap { $0 })
    guard placedDevices.count == devices.count, placedCards.count == cards.count else {
      let missing =
        devices.firstIndex { $0 == nil }.map { "GPU \($0)" } ?? cards.firstIndex { $0 == nil }.map { "card \($0)" }
      log.add(at: position, path: path, "found no place for \(missing ?? "a GPU")", "expected every GPU and card once")
      return nil
    }
    return RootPorts(switchSockets: switchSockets, devices: placedDevices, cards: placedCards)
  }

  private func put(
    _ reader: MappingReader, _ key: String, at place: NodeLayout.Place, into places: inout [NodeLayout.Place?]
  ) {
    guard let node = reader.value(key) else { return }
    guard case .list(let items) = node.value else {
      return log.add(node, path: reader.path(key), expected: "a list of numbers counted from 0")
    }
    for (index, item) in items.enumerated() {
      let path = "\(reader.path(key))[\(index)]"
      guard let number = log.integer(item, path: path, in: 0...max(0, places.count - 1)) else { continue }
      guard places.indices.contains(number), places[number] == nil else {
        log.add(item, path: path, expected: places.isEmpty ? "none of them in this cluster" : "one not listed before")
        continue
      }
      places[number] = place
    }
  }
}
