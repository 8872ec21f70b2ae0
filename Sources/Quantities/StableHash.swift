/// A 64-bit hash whose value is the same on every run, machine and version (the standard library's is seeded).
///
/// A fingerprint, not a defence: words are mixed by multiplication, text by FNV-1a (Fowler, Noll, Vo).
@frozen
public struct StableHash: Hashable, Sendable {
  /// The hash of everything combined so far.
  public var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// The hash of nothing.
  public init() {}

  /// Mixes in one 64-bit word: one multiplication and one shift, because a trace has millions of them.
  @inlinable
  public mutating func combine(_ word: UInt64) {
    let mixed = (value ^ word) &* 0x9e37_79b9_7f4a_7c15
    value = mixed ^ (mixed >> 29)
  }

  /// Mixes in the UTF-8 bytes of a text, then its length.
  public mutating func combine(_ text: String) {
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    combine(UInt64(text.utf8.count))
  }

  /// Sixteen lower-case hexadecimal digits.
  public var hexadecimal: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
