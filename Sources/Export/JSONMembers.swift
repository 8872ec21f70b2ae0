/// The members of the outermost object of a JSON text, cut out as they stand.
enum JSONMembers {
  /// A member: its key and the text of its value.
  struct Member: Hashable {
    let key: String
    let value: String
  }

  /// The members in their order; empty when the text is no JSON object.
  ///
  /// Only the outermost level is looked at: keys with escapes stay escaped, values are not checked.
  static func all(of text: String) -> [Member] {
    let bytes = Array(text.utf8)
    var position = skipped(bytes, 0)
    guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else { return [] }
    var members: [Member] = []
    position = skipped(bytes, position + 1)
    while position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      let keyEnd = end(ofValue: bytes, position)
      let colon = skipped(bytes, keyEnd)
      guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else { return [] }
      let start = skipped(bytes, colon + 1)
      let valueEnd = end(ofValue: bytes, start)
      members.append(
        Member(
          key: String(decoding: bytes[(position + 1)..<(keyEnd - 1)], as: UTF8.self),
          value: String(decoding: bytes[start..<valueEnd], as: UTF8.self)))
      position = skipped(bytes, valueEnd)
      if position < bytes.count, bytes[position] == UInt8(ascii: ",") { position = skipped(bytes, position + 1) }
    }
    return members
  }

  /// The first place from `position` on that is no white space.
  private static func skipped(_ bytes: [UInt8], _ position: Int) -> Int {
    var place = position
    while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    return place
  }

  /// Where a value ends: behind its last bracket or quote, or before the next comma, bracket or white space.
  private static func end(ofValue bytes: [UInt8], _ start: Int) -> Int {
    var depth = 0
    var place = start
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\""):
        place = end(ofText: bytes, place)
        if depth == 0 { return place }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return place }
        depth -= 1
        if depth == 0 { return place + 1 }
      case UInt8(ascii: ","), 0x20, 0x09, 0x0A, 0x0D: if depth == 0 { return place }
      default: break
      }
      place += 1
    }
    return place
  }

  /// Where a quoted text ends, its last quote included.
  private static func end(ofText bytes: [UInt8], _ start: Int) -> Int {
    var place = start + 1
    while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
      place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(place + 1, bytes.count)
  }
}
