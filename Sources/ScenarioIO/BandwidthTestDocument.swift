import Hardware

/// Reads what a program of nccl-tests writes with `-J`.
enum BandwidthTestDocument {
  /// Reads a text.
  ///
  /// - Throws: ``InputError`` with every problem by line.
  static func read(_ text: String, path: String) throws(InputError) -> BandwidthTestRun {
    let root = try SourceDocument.parse(text, source: SourceFile(name: path, directory: nil)).root
    let log = ProblemLog()
    var run = BandwidthTestRun(path: path)
    if let program = root["args"]?.items.first?.text { run.operation = BandwidthTestRun.operation(program: program) }
    if case .integer(let version)? = root["nccl_version"]?.value { run.version = "NCCL \(version)" }
    let devices = root["config"]?["devices"]
    for (index, device) in (devices?.items ?? []).enumerated() {
      let place = "config.devices[\(index)]"
      guard let number = device["rank"], let host = device["hostname"] else {
        log.add(device, path: place, expected: "rank and hostname")
        continue
      }
      guard let rank = log.integer(number, path: place + ".rank", in: 0...16_777_215),
        let name = log.text(host, path: place + ".hostname")
      else { continue }
      run.hostOfRank[rank] = name
      if rank == 0 { run.device = device["device_info"]?.text }
    }
    guard let results = root["results"] else {
      log.add(root, path: "results", expected: "a list of results as nccl-tests -J writes it")
      throw InputError(kind: .badInput, problems: log.problems)
    }
    for (index, result) in results.items.enumerated() { take(result, "results[\(index)]", &run, log) }
    try log.throwIfAny()
    return run
  }

  private static func take(_ result: DocumentNode, _ path: String, _ run: inout BandwidthTestRun, _ log: ProblemLog) {
    guard let size = result["size"] else { return log.add(result, path: path, expected: "a mapping with size") }
    guard let bytes = log.integer(size, path: path + ".size", in: 0...(1 << 50)) else { return }
    let outOfPlace = time(result["out_of_place"], path + ".out_of_place", log)
    let inPlace = time(result["in_place"], path + ".in_place", log)
    let isWrong = ["out_of_place", "in_place"].contains { half in
      switch result[half]?["nwrong"]?.value {
      case .integer(let count): count > 0
      case .number(let count): count > 0
      default: false
      }
    }
    if isWrong { run.wrong += 1 }
    run.add(bytes: Int64(bytes), outOfPlace: outOfPlace, inPlace: inPlace)
  }

  private static func time(_ half: DocumentNode?, _ path: String, _ log: ProblemLog) -> Double? {
    guard let half, let node = half["time"], node.text != "N/A", node.value != .null else { return nil }
    return log.number(node, path: path + ".time", in: 0...1e12, expected: "microseconds")
  }
}
