import Testing

@testable import Export

@Suite("SHA-256")
struct SHA256Tests {
  /// Test vectors of FIPS 180-2, appendix B, and of the empty message.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000),
      "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
    ),
  ])
  func `published digests come out`(message: String, digest: String) {
    #expect(SHA256.hexadecimal(of: message) == digest)
  }
}

@Suite("Members of a JSON object")
struct JSONMembersTests {
  private typealias Member = JSONMembers.Member

  @Test func `members are cut out as they stand`() {
    let text = #" {"a": {"b": [1, "}]\"", {}]} , "c":-1.5e3,"d" : "x\\","e":null} "#
    #expect(
      JSONMembers.all(of: text) == [
        Member(key: "a", value: #"{"b": [1, "}]\"", {}]}"#), Member(key: "c", value: "-1.5e3"),
        Member(key: "d", value: #""x\\""#), Member(key: "e", value: "null"),
      ])
  }

  @Test(arguments: ["", "[]", "{", "{}", "text", "{\"", "{\"a", "{\"a\"", "{\"a\\"])
  func `anything but an object with members has none`(text: String) {
    #expect(JSONMembers.all(of: text).isEmpty)
  }
}
