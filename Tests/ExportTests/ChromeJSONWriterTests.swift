import Foundation
import Testing

@testable import Export

@Suite("Chrome JSON")
struct ChromeJSONWriterTests {
  private func events(_ text: String) throws -> [[String: Any]] {
    let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    return try #require(document?["traceEvents"] as? [[String: Any]])
  }

  @Test func `a file without events is valid`() throws {
    let scratch = try Scratch()
    try ChromeJSONWriter(path: scratch.path("a.json")).finish()
    #expect(try events(scratch.text("a.json")).isEmpty)
  }

  @Test func `a slice is one line of the expected text`() throws {
    let scratch = try Scratch()
    var writer = try ChromeJSONWriter(path: scratch.path("a.json"), rank: (index: 3, of: 8))
    let (name, category) = (writer.label("say \"F\""), writer.label("kernel"))
    let (stream, dtype, bf16, share) =
      (writer.label("stream"), writer.label("dtype"), writer.label("bf16"), writer.label("share"))
    try writer.slice(
      on: .init(process: 2, thread: 7), name: name, category: category, start: 1_234_567, duration: 98,
      arguments: [.integer(stream, 7), .text(dtype, bf16), .real(share, 0.5)])
    try writer.finish()
    let expected = """
      {"schemaVersion": 1,
      "distributedInfo": {"backend": "nccl", "rank": 3, "world_size": 8},
      "displayTimeUnit": "ms",
      "traceEvents": [
      {"ph":"X","pid":2,"tid":7,"ts":1234.567,"dur":0.098,"name":"say \\"F\\"","cat":"kernel",\
      "args":{"stream":7,"dtype":"bf16","share":0.5}}
      ]}

      """
    #expect(try scratch.text("a.json") == expected)
  }

  @Test func `events of every kind parse with their fields`() throws {
    let scratch = try Scratch()
    var writer = try ChromeJSONWriter(path: scratch.path("a.json"))
    let track = ChromeJSONWriter.Track(process: 1, thread: 2)
    try writer.describe(process: 1, name: "stage 0 · GPU 3\n", labels: "node0", sortIndex: 4)
    try writer.describe(thread: track, name: "compute", sortIndex: 5)
    let (send, comm, memory) = (writer.label("send"), writer.label("comm"), writer.label("memory"))
    let (weights, grads) = (writer.label("weights"), writer.label("grads"))
    try writer.counter(process: 1, name: memory, time: 10, series: [.integer(weights, 5), .integer(grads, 6)])
    try writer.instant(on: track, name: writer.label("OOM rank 3"), time: 20, scope: .everywhere)
    try writer.flowStart(1 << 60, on: track, name: send, category: comm, time: 30)
    try writer.flowFinish(1 << 60, on: track, name: send, category: comm, time: 40)
    try writer.finish()

    let events = try events(scratch.text("a.json"))
    let kinds = events.compactMap { $0["ph"] as? String }
    #expect(kinds == ["M", "M", "M", "M", "M", "C", "i", "s", "f"])
    let process = try #require(events[0]["args"] as? [String: Any])
    #expect(process["name"] as? String == "stage 0 · GPU 3\n")
    #expect((events[2]["args"] as? [String: Any])?["sort_index"] as? Int == 4)
    #expect(events[4]["name"] as? String == "thread_sort_index")
    #expect((events[5]["args"] as? [String: Int]) == ["weights": 5, "grads": 6])
    #expect(events[6]["s"] as? String == "g")
    #expect(events[7]["id"] as? Int == 1 << 60)
    #expect(events[8]["bp"] as? String == "e")
    #expect(events[8]["ts"] as? Double == 0.04)
  }

  @Test func `whole nanoseconds can stand for microseconds`() throws {
    let scratch = try Scratch()
    var writer = try ChromeJSONWriter(path: scratch.path("a.json"), clock: .nanosecondsAsMicroseconds)
    let name = writer.label("F")
    try writer.slice(on: .init(process: 0, thread: 0), name: name, category: name, start: 1_001, duration: 7)
    try writer.finish()
    #expect(try scratch.text("a.json").contains("\"ts\":1001,\"dur\":7,"))
  }

  @Test func `the same text gives the same label`() throws {
    var strings = JSONStrings()
    #expect(strings.label("a") == strings.label("a"))
    #expect(strings.label("a") != strings.label("b"))
    #expect(String(decoding: strings.bytes(strings.label("b")), as: UTF8.self) == "\"b\"")
  }

  @Test func `ten thousand slices stay valid across buffer pieces`() throws {
    let scratch = try Scratch()
    var writer = try ChromeJSONWriter(path: scratch.path("a.json"))
    let (name, category) = (writer.label("GEMM"), writer.label("kernel"))
    for index in 0..<10_000 {
      let track = ChromeJSONWriter.Track(process: Int32(index % 8), thread: 0)
      try writer.slice(on: track, name: name, category: category, start: Int64(index) * 1000, duration: 999)
    }
    try writer.finish()
    let events = try events(scratch.text("a.json"))
    #expect(events.count == 10_000)
    #expect(events[9_999]["ts"] as? Double == 9_999)
  }
}
