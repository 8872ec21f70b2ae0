/// Writes packets of Perfetto's trace format, one after another, straight to a file.
///
/// Format: `perfetto/trace/trace.proto` and `track_event.proto` of Perfetto 0.59. Texts are kept once (interned); all
/// packets are of one sequence. Times are whole nanoseconds on the trace's own clock. Slices of one track must come in
/// order and nest.
package struct PerfettoWriter: ~Copyable {
  /// A track by its number in the file, above zero.
  package typealias Track = UInt64

  /// Numbers of fields, from the protocol files.
  enum Field {
    static let packet: UInt32 = 1
    static let timestamp: UInt32 = 8
    static let sequence: UInt32 = 10
    static let event: UInt32 = 11
    static let internedData: UInt32 = 12
    static let sequenceFlags: UInt32 = 13
    static let trackDescriptor: UInt32 = 60
    static let eventType: UInt32 = 9
    static let eventTrack: UInt32 = 11
    static let eventCategory: UInt32 = 3
    static let eventNameNumber: UInt32 = 10
    static let eventName: UInt32 = 23
    static let annotation: UInt32 = 4
    static let counterValue: UInt32 = 30
    static let counterReal: UInt32 = 44
    static let flow: UInt32 = 47
    static let lastFlow: UInt32 = 48
  }

  /// What an event is.
  enum EventType {
    static let begin: UInt64 = 1
    static let end: UInt64 = 2
    static let instant: UInt64 = 3
    static let counter: UInt64 = 4
  }

  var file: OutputFile

  /// Opens the file.
  ///
  /// - Parameter path: The final name; the file appears under it when ``finish()`` succeeds.
  /// - Throws: ``ExportError`` when the path cannot be written.
  package init(path: String) throws(ExportError) { file = try OutputFile(path: path) }

  /// Gives the file its name.
  package consuming func finish() throws(ExportError) { try file.commit() }

  /// Appends one packet of less than 16 KiB.
  ///
  /// - Parameters:
  ///   - limit: Bytes that `body` writes at most.
  ///   - body: Writes the fields after the sequence number.
  @inline(__always)
  mutating func packet(atMost limit: Int, _ body: (inout ProtobufCursor) -> Void) throws(ExportError) {
    file.buffer.append(atMost: limit + 8) { start in
      var cursor = ProtobufCursor(start)
      cursor.put(message: Field.packet) { packet in
        packet.put(field: Field.sequence, 1)
        body(&packet)
      }
      return cursor.place - start
    }
    try file.drainWhenLarge()
  }

  /// Begins a slice; ``end(on:time:lastFlow:)`` ends the one begun last on a track.
  ///
  /// - Parameters:
  ///   - track: Where.
  ///   - name: Number of a kept event name; viewers colour by it.
  ///   - category: Number of a kept category.
  ///   - time: Nanoseconds.
  ///   - flow: An arrow that starts here or passes, above zero; 0 for none.
  ///   - details: Annotations, written with ``ProtobufCursor/annotate(_:text:)`` and its like.
  ///   - limit: Bytes that `details` writes at most.
  @inline(__always)
  mutating func begin(
    on track: Track, name: UInt64, category: UInt64, time: Int64, flow: UInt64, detailBytes limit: Int,
    details: (inout ProtobufCursor) -> Void
  ) throws(ExportError) {
    try packet(atMost: limit + 64) { packet in
      packet.put(field: Field.sequenceFlags, 2)
      packet.put(field: Field.timestamp, UInt64(bitPattern: time))
      packet.put(message: Field.event) { event in
        event.put(field: Field.eventType, EventType.begin)
        event.put(field: Field.eventTrack, track)
        event.put(field: Field.eventNameNumber, name)
        event.put(field: Field.eventCategory, category)
        details(&event)
        if flow > 0 { event.put(field: Field.flow, fixed: flow) }
      }
    }
  }

  /// Ends the slice begun last on a track.
  ///
  /// - Parameter lastFlow: An arrow that ends at the slice, 0 for none.
  @inline(__always)
  mutating func end(on track: Track, time: Int64, lastFlow: UInt64 = 0) throws(ExportError) {
    try packet(atMost: 64) { packet in
      packet.put(field: Field.timestamp, UInt64(bitPattern: time))
      packet.put(message: Field.event) { event in
        event.put(field: Field.eventType, EventType.end)
        event.put(field: Field.eventTrack, track)
        if lastFlow > 0 { event.put(field: Field.lastFlow, fixed: lastFlow) }
      }
    }
  }

  /// Writes a whole value of a counter from one time on.
  @inline(__always)
  mutating func count(on track: Track, time: Int64, value: Int64) throws(ExportError) {
    try packet(atMost: 64) { packet in
      packet.put(field: Field.timestamp, UInt64(bitPattern: time))
      packet.put(message: Field.event) { event in
        event.put(field: Field.eventType, EventType.counter)
        event.put(field: Field.eventTrack, track)
        event.put(field: Field.counterValue, signed: value)
      }
    }
  }

  /// Writes a value of a counter from one time on.
  mutating func count(on track: Track, time: Int64, value: Double) throws(ExportError) {
    try packet(atMost: 64) { packet in
      packet.put(field: Field.timestamp, UInt64(bitPattern: time))
      packet.put(message: Field.event) { event in
        event.put(field: Field.eventType, EventType.counter)
        event.put(field: Field.eventTrack, track)
        event.put(field: Field.counterReal, real: value)
      }
    }
  }

  /// Writes an event without duration under a name of its own.
  mutating func instant(
    on track: Track, name: String, time: Int64, detailBytes limit: Int = 0,
    details: (inout ProtobufCursor) -> Void = { _ in }
  ) throws(ExportError) {
    let name = ShortText.prefix(name)
    try packet(atMost: limit + name.utf8.count + 64) { packet in
      packet.put(field: Field.sequenceFlags, 2)
      packet.put(field: Field.timestamp, UInt64(bitPattern: time))
      packet.put(message: Field.event) { event in
        event.put(field: Field.eventType, EventType.instant)
        event.put(field: Field.eventTrack, track)
        event.put(field: Field.eventName, name)
        details(&event)
      }
    }
  }
}

/// Texts in packets: those of names that users choose may be of any length.
enum ShortText {
  /// Characters of a text in a packet.
  static let limit = 1000

  /// The text, or its beginning.
  static func prefix(_ text: String) -> String { text.utf8.count <= limit ? text : String(text.prefix(limit / 4)) }
}

extension ProtobufCursor {
  /// Numbers of the fields of an annotation.
  private enum Annotation {
    static let name: UInt32 = 1
    static let integer: UInt32 = 4
    static let real: UInt32 = 5
    static let textNumber: UInt32 = 17
  }

  /// Bytes of one annotation at most.
  static let annotationBytes = 20

  /// Writes an annotation whose value is a whole number; `key` is below 128.
  @inline(__always)
  mutating func annotate(_ key: UInt8, integer value: Int64) {
    annotation(key) { $0.put(field: Annotation.integer, signed: value) }
  }

  /// Writes an annotation whose value is a number.
  @inline(__always)
  mutating func annotate(_ key: UInt8, real value: Double) {
    annotation(key) { $0.put(field: Annotation.real, real: value) }
  }

  /// Writes an annotation whose value is a kept text.
  @inline(__always)
  mutating func annotate(_ key: UInt8, text number: UInt64) {
    annotation(key) { $0.put(field: Annotation.textNumber, number) }
  }

  @inline(__always)
  private mutating func annotation(_ key: UInt8, _ value: (inout ProtobufCursor) -> Void) {
    put(key: PerfettoWriter.Field.annotation, wire: 2)
    let length = place
    skip()
    put(key: Annotation.name, wire: 0)
    put(key)
    value(&self)
    length.pointee = UInt8(truncatingIfNeeded: place - length - 1)
  }

  @inline(__always)
  private mutating func skip() { put(0) }
}
