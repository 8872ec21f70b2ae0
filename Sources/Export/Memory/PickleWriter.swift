/// Writes Python values in the pickle format, protocol 3, straight to a file.
///
/// Only operations that every reader knows are used, those of web pages too: no memo, no classes. Lists and dictionaries
/// are written item by item between ``beginList()`` and ``endList()``.
package struct PickleWriter: ~Copyable {
  private var file: OutputFile
  /// Items since the list or dictionary was begun, innermost last.
  private var counts: [Int] = []
  /// Readers keep the items of a batch on a stack.
  private static var batch: Int { 1000 }

  /// Opcodes, from Python's `pickletools`.
  private enum Code {
    static let proto = UInt8(0x80)
    static let mark = UInt8(ascii: "(")
    static let emptyList = UInt8(ascii: "]")
    static let appends = UInt8(ascii: "e")
    static let emptyDictionary = UInt8(ascii: "}")
    static let setItems = UInt8(ascii: "u")
    static let text = UInt8(ascii: "X")
    static let byte = UInt8(ascii: "K")
    static let twoBytes = UInt8(ascii: "M")
    static let fourBytes = UInt8(ascii: "J")
    static let long = UInt8(0x8A)
    static let yes = UInt8(0x88)
    static let no = UInt8(0x89)
    static let stop = UInt8(ascii: ".")
  }

  /// Opens the file.
  package init(path: String) throws(ExportError) {
    file = try OutputFile(path: path)
    file.buffer.append(Code.proto)
    file.buffer.append(3)
  }

  /// Ends the value and gives the file its name.
  package consuming func finish() throws(ExportError) {
    file.buffer.append(Code.stop)
    try closeFile()
  }

  private consuming func closeFile() throws(ExportError) { try file.commit() }

  /// Begins a list; every value until ``endList()`` is an item of it.
  package mutating func beginList() {
    file.buffer.append(Code.emptyList)
    file.buffer.append(Code.mark)
    counts.append(0)
  }

  /// Counts an item of the innermost list, and starts a new batch now and then; call it after each item.
  package mutating func endItem() throws(ExportError) {
    counts[counts.count - 1] += 1
    if counts[counts.count - 1] % Self.batch == 0 {
      file.buffer.append(Code.appends)
      file.buffer.append(Code.mark)
    }
    try file.drainWhenLarge()
  }

  /// Ends the innermost list.
  package mutating func endList() {
    file.buffer.append(Code.appends)
    counts.removeLast()
  }

  /// Begins a dictionary: keys and values follow in turn.
  package mutating func beginDictionary() {
    file.buffer.append(Code.emptyDictionary)
    file.buffer.append(Code.mark)
  }

  /// Ends the innermost dictionary.
  package mutating func endDictionary() { file.buffer.append(Code.setItems) }

  /// Writes a text.
  package mutating func put(_ text: String) {
    file.buffer.append(Code.text)
    put(UInt32(truncatingIfNeeded: text.utf8.count), bytes: 4)
    file.buffer.append(text)
  }

  /// Writes a whole number in its shortest form.
  package mutating func put(_ value: Int64) {
    switch value {
    case 0..<0x100:
      file.buffer.append(Code.byte)
      put(UInt32(value), bytes: 1)
    case 0..<0x10000:
      file.buffer.append(Code.twoBytes)
      put(UInt32(value), bytes: 2)
    case Int64(Int32.min)...Int64(Int32.max):
      file.buffer.append(Code.fourBytes)
      put(UInt32(bitPattern: Int32(value)), bytes: 4)
    default:
      file.buffer.append(Code.long)
      file.buffer.append(8)
      let bits = UInt64(bitPattern: value)
      put(UInt32(truncatingIfNeeded: bits), bytes: 4)
      put(UInt32(truncatingIfNeeded: bits >> 32), bytes: 4)
    }
  }

  /// Writes a truth value.
  package mutating func put(_ value: Bool) { file.buffer.append(value ? Code.yes : Code.no) }

  /// Writes an entry of a dictionary.
  package mutating func put(_ key: String, _ value: Int64) {
    put(key)
    put(value)
  }

  /// Writes an entry of a dictionary.
  package mutating func put(_ key: String, _ value: String) {
    put(key)
    put(value)
  }

  private mutating func put(_ value: UInt32, bytes: Int) {
    for index in 0..<bytes { file.buffer.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * index))) }
  }
}
