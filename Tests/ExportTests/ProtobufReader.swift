/// Fields of one protobuf message, decoded without a schema.
struct ProtobufMessage {
  /// A field's value.
  enum Value: Equatable {
    case number(UInt64)
    case bytes([UInt8])
  }

  private(set) var fields: [(number: Int, value: Value)] = []

  /// Decodes; `nil` when the bytes are no message.
  init?(_ bytes: some Collection<UInt8>) {
    var rest = Array(bytes)[...]
    func varint() -> UInt64? {
      var (value, shift) = (UInt64(0), UInt64(0))
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
        shift += 7
        guard shift < 70 else { return nil }
      }
      return nil
    }
    while !rest.isEmpty {
      guard let key = varint() else { return nil }
      switch key & 7 {
      case 0:
        guard let value = varint() else { return nil }
        fields.append((Int(key >> 3), .number(value)))
      case 1:
        guard rest.count >= 8 else { return nil }
        let value = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(8)
        fields.append((Int(key >> 3), .number(value)))
      case 2:
        guard let count = varint(), count <= rest.count else { return nil }
        fields.append((Int(key >> 3), .bytes(Array(rest.prefix(Int(count))))))
        rest = rest.dropFirst(Int(count))
      default: return nil
      }
    }
  }

  /// The last number of a field.
  func number(_ field: Int) -> UInt64? {
    for case (field, .number(let value)) in fields.reversed() { return value }
    return nil
  }

  /// All numbers of a field.
  func numbers(_ field: Int) -> [UInt64] {
    fields.compactMap { if $0.number == field, case .number(let value) = $0.value { value } else { nil } }
  }

  /// The text of a field.
  func text(_ field: Int) -> String? {
    for case (field, .bytes(let bytes)) in fields.reversed() { return String(decoding: bytes, as: UTF8.self) }
    return nil
  }

  /// The messages of a field.
  func messages(_ field: Int) -> [ProtobufMessage] {
    fields.compactMap {
      if $0.number == field, case .bytes(let bytes) = $0.value { ProtobufMessage(bytes) } else { nil }
    }
  }
}
