extension PerfettoWriter {
  /// Numbers of the fields of a track's description.
  private enum Description {
    static let number: UInt32 = 1
    static let name: UInt32 = 2
    static let parent: UInt32 = 5
    static let counter: UInt32 = 8
    static let childOrdering: UInt32 = 11
    static let place: UInt32 = 12
    static let counterUnit: UInt32 = 3
    static let counterUnitName: UInt32 = 6
    static let counterSharedAxis: UInt32 = 7
    static let explicitOrder: UInt64 = 3
  }

  /// What a counter counts.
  enum CounterUnit {
    /// Bytes; counters of one key share their axis.
    case bytes(axis: String)
    /// Anything else, by name.
    case named(String)
  }

  /// Describes a track before its first event.
  ///
  /// - Parameters:
  ///   - track: Its number.
  ///   - name: For people.
  ///   - parent: The track it stands under; `nil` at the top.
  ///   - place: Its place among its siblings.
  ///   - counter: Its unit when it is a counter.
  mutating func describe(
    _ track: Track, name: String, parent: Track?, place: Int, counter: CounterUnit? = nil
  ) throws(ExportError) {
    let name = ShortText.prefix(name)
    try packet(atMost: name.utf8.count + 256) { packet in
      packet.put(message: Field.trackDescriptor) { description in
        description.put(field: Description.number, track)
        description.put(field: Description.name, name)
        if let parent { description.put(field: Description.parent, parent) }
        description.put(field: Description.childOrdering, Description.explicitOrder)
        description.put(field: Description.place, UInt64(place))
        guard let counter else { return }
        description.put(message: Description.counter) { fields in
          switch counter {
          case .bytes(let axis):
            fields.put(field: Description.counterUnit, 3)
            fields.put(field: Description.counterSharedAxis, axis)
          case .named(let unit):
            fields.put(field: Description.counterUnitName, unit)
          }
        }
      }
    }
  }

  /// Sorts of kept texts; the number is that of the field.
  enum TextKind: UInt32 {
    case category = 1
    case eventName = 2
    case annotationName = 3
    case annotationText = 29
  }

  /// Begins the sequence: everything after this packet may use kept texts.
  mutating func startSequence() throws(ExportError) {
    try packet(atMost: 16) { $0.put(field: Field.sequenceFlags, 1) }
  }

  /// Keeps texts under the numbers 1, 2, ...
  mutating func keep(_ texts: [String], as kind: TextKind) throws(ExportError) {
    for (index, text) in texts.enumerated() {
      let text = ShortText.prefix(text)
      try packet(atMost: text.utf8.count + 64) { packet in
        packet.put(field: Field.sequenceFlags, 2)
        packet.put(message: Field.internedData) { data in
          data.put(message: kind.rawValue) { entry in
            entry.put(field: 1, UInt64(index + 1))
            entry.put(field: 2, text)
          }
        }
      }
    }
  }
}
