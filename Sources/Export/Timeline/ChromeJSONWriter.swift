/// Writes trace events in the JSON of Chrome and Kineto, one after another, straight to a file.
///
/// Format: Trace Event Format (Google, 2016) and the `traceEvents` of PyTorch's Kineto. A process is a device, a thread
/// one of its streams. Slices on one thread must nest or be disjoint; viewers draw others wrong.
package struct ChromeJSONWriter: ~Copyable {
  /// A kept text.
  package typealias Label = JSONStrings.Label

  /// Where an event stands.
  package struct Track: Hashable, Sendable {
    /// Process number: the device.
    package let process: Int32
    /// Thread number: the stream.
    package let thread: Int32

    /// Names a stream of a device.
    package init(process: Int32, thread: Int32) {
      self.process = process
      self.thread = thread
    }
  }

  /// How the file expresses nanoseconds.
  package enum Clock: Hashable, Sendable {
    /// As microseconds with three decimals: what viewers expect.
    case microseconds
    /// As whole "microseconds", one for each nanosecond: for readers that drop fractions.
    case nanosecondsAsMicroseconds
    /// As whole microseconds: starts and ends to the nearest one, for readers that drop fractions.
    case wholeMicroseconds
  }

  /// A named, typed detail of an event.
  package enum Argument: Hashable, Sendable {
    case integer(Label, Int64)
    case real(Label, Double)
    case text(Label, Label)
  }

  private var file: OutputFile
  private var strings = JSONStrings()
  private let clock: Clock
  private var isFirst = true

  /// Opens the file and writes what stands before the events.
  ///
  /// - Parameters:
  ///   - path: The final name; the file appears under it when ``finish()`` succeeds.
  ///   - clock: How times are written.
  ///   - rank: Rank and number of ranks, for files of one rank.
  /// - Throws: ``ExportError`` when the path cannot be written.
  package init(
    path: String, clock: Clock = .microseconds, rank: (index: Int, of: Int)? = nil
  ) throws(ExportError) {
    file = try OutputFile(path: path)
    self.clock = clock
    file.buffer.append("{\"schemaVersion\": 1,\n")
    if let rank {
      // A reader looks for `"rank": 0` with the blank in the text itself.
      file.buffer.append("\"distributedInfo\": {\"backend\": \"nccl\", \"rank\": ")
      file.buffer.append(decimal: Int64(rank.index))
      file.buffer.append(", \"world_size\": ")
      file.buffer.append(decimal: Int64(rank.of))
      file.buffer.append("},\n")
    }
    file.buffer.append("\"displayTimeUnit\": \"ms\",\n\"traceEvents\": [")
  }

  /// Keeps a text for use in events.
  package mutating func label(_ text: String) -> Label { strings.label(text) }

  /// Ends the list of events and gives the file its name.
  ///
  /// - Throws: ``ExportError`` when the disk is full.
  package consuming func finish() throws(ExportError) {
    file.buffer.append("\n]}\n")
    try closeFile()
  }

  private consuming func closeFile() throws(ExportError) { try file.commit() }

  /// Writes a complete slice.
  ///
  /// - Parameters:
  ///   - track: Where.
  ///   - name: What; viewers colour by it.
  ///   - category: What kind.
  ///   - start: Nanoseconds.
  ///   - duration: Nanoseconds.
  ///   - arguments: Details.
  package mutating func slice(
    on track: Track, name: Label, category: Label, start: Int64, duration: Int64, arguments: [Argument] = []
  ) throws(ExportError) {
    open("{\"ph\":\"X\",\"pid\":", track)
    put(",\"ts\":", time: start)
    if clock == .wholeMicroseconds {
      file.buffer.append(",\"dur\":")
      file.buffer.append(decimal: Self.rounded(start + duration) - Self.rounded(start))
    } else {
      put(",\"dur\":", time: duration)
    }
    put(",\"name\":", name)
    put(",\"cat\":", category)
    try close(arguments)
  }

  /// Writes the values of a counter from one time on; several series are stacked.
  package mutating func counter(
    process: Int32, name: Label, time: Int64, series: [Argument]
  ) throws(ExportError) {
    begin()
    file.buffer.append("{\"ph\":\"C\",\"pid\":")
    file.buffer.append(decimal: Int64(process))
    put(",\"ts\":", time: time)
    put(",\"name\":", name)
    try close(series)
  }

  /// How far the line of an instant reaches.
  package enum Scope: Hashable, Sendable {
    case everywhere
    case process
    case thread
  }

  /// Writes an event without duration.
  package mutating func instant(
    on track: Track, name: Label, time: Int64, scope: Scope = .thread, arguments: [Argument] = []
  ) throws(ExportError) {
    open("{\"ph\":\"i\",\"pid\":", track)
    put(",\"ts\":", time: time)
    put(",\"name\":", name)
    switch scope {
    case .everywhere: file.buffer.append(",\"s\":\"g\"")
    case .process: file.buffer.append(",\"s\":\"p\"")
    case .thread: file.buffer.append(",\"s\":\"t\"")
    }
    try close(arguments)
  }

  /// Starts an arrow inside the slice that is open on the track at this time.
  package mutating func flowStart(
    _ identifier: UInt64, on track: Track, name: Label, category: Label, time: Int64
  ) throws(ExportError) {
    try flow("{\"ph\":\"s\",\"pid\":", identifier, track, name, category, time)
  }

  /// Ends an arrow inside the slice that is open on the track at this time; name and category as at its start.
  package mutating func flowFinish(
    _ identifier: UInt64, on track: Track, name: Label, category: Label, time: Int64
  ) throws(ExportError) {
    try flow("{\"ph\":\"f\",\"bp\":\"e\",\"pid\":", identifier, track, name, category, time)
  }

  private mutating func flow(
    _ head: StaticString, _ identifier: UInt64, _ track: Track, _ name: Label, _ category: Label, _ time: Int64
  ) throws(ExportError) {
    open(head, track)
    put(",\"ts\":", time: time)
    file.buffer.append(",\"id\":")
    file.buffer.append(decimal: identifier)
    put(",\"name\":", name)
    put(",\"cat\":", category)
    try close([])
  }
}

extension ChromeJSONWriter {
  /// Names a process, labels it and says where it stands among the others.
  package mutating func describe(
    process: Int32, name: String, labels: String? = nil, sortIndex: Int32
  ) throws(ExportError) {
    let track = Track(process: process, thread: 0)
    try metadata("process_name", track, .text(label("name"), label(name)))
    if let labels { try metadata("process_labels", track, .text(label("labels"), label(labels))) }
    try metadata("process_sort_index", track, .integer(label("sort_index"), Int64(sortIndex)))
  }

  /// Names a thread and says where it stands within its process.
  package mutating func describe(thread track: Track, name: String, sortIndex: Int32) throws(ExportError) {
    try metadata("thread_name", track, .text(label("name"), label(name)))
    try metadata("thread_sort_index", track, .integer(label("sort_index"), Int64(sortIndex)))
  }

  private mutating func metadata(_ kind: String, _ track: Track, _ value: Argument) throws(ExportError) {
    open("{\"ph\":\"M\",\"pid\":", track)
    put(",\"name\":", label(kind))
    try close([value])
  }

  /// Separates an event from the one before.
  @inline(__always)
  private mutating func begin() {
    if isFirst { file.buffer.append("\n") } else { file.buffer.append(",\n") }
    isFirst = false
  }

  @inline(__always)
  private mutating func open(_ head: StaticString, _ track: Track) {
    begin()
    file.buffer.append(head)
    file.buffer.append(decimal: Int64(track.process))
    file.buffer.append(",\"tid\":")
    file.buffer.append(decimal: Int64(track.thread))
  }

  @inline(__always)
  private mutating func put(_ key: StaticString, _ value: Label) {
    file.buffer.append(key)
    file.buffer.append(strings.bytes(value))
  }

  @inline(__always)
  private mutating func put(_ key: StaticString, time: Int64) {
    file.buffer.append(key)
    switch clock {
    case .microseconds: file.buffer.append(thousandths: time)
    case .nanosecondsAsMicroseconds: file.buffer.append(decimal: time)
    case .wholeMicroseconds: file.buffer.append(decimal: Self.rounded(time))
    }
  }

  /// The nearest microsecond.
  @inline(__always)
  private static func rounded(_ time: Int64) -> Int64 {
    let (whole, rest) = time.quotientAndRemainder(dividingBy: 1000)
    return whole + (rest >= 500 ? 1 : rest < -500 ? -1 : 0)
  }

  @inline(__always)
  private mutating func close(_ arguments: [Argument]) throws(ExportError) {
    if !arguments.isEmpty { put(arguments) }
    file.buffer.append(UInt8(ascii: "}"))
    try file.drainWhenLarge()
  }

  private mutating func put(_ arguments: [Argument]) {
    var separator: StaticString = ",\"args\":{"
    for argument in arguments {
      switch argument {
      case .integer(let key, let value):
        put(separator, key)
        file.buffer.append(UInt8(ascii: ":"))
        file.buffer.append(decimal: value)
      case .real(let key, let value):
        put(separator, key)
        file.buffer.append(UInt8(ascii: ":"))
        file.buffer.append(jsonNumber: value)
      case .text(let key, let value):
        put(separator, key)
        put(":", value)
      }
      separator = ","
    }
    file.buffer.append(UInt8(ascii: "}"))
  }
}
