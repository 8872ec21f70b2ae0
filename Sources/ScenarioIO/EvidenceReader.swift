import Hardware
import Quantities

/// A number of a catalogue file and where it comes from.
struct Evidenced<Value> {
  let value: Value
  let provenance: Provenance
}

extension MappingReader {
  /// A quantity with provenance, under a key that must be there: `{value: 2039GB/s, published: "..."}`.
  func evidence<Value>(_ key: String, reading: (DocumentNode, String) -> Value?) -> Evidenced<Value>? {
    guard let node = require(key, "a mapping such as {value: ..., published: \"...\"}") else { return nil }
    guard let reader = MappingReader(node, path: path(key), keys: .evidence, log: log) else { return nil }
    let provenance = reader.provenance()
    guard let value = reader.require("value", "the number with its unit").flatMap({ reading($0, reader.path("value")) })
    else { return nil }
    return provenance.map { Evidenced(value: value, provenance: $0) }
  }

  /// An amount of memory with provenance.
  func evidencedBytes(_ key: String, allowsZero: Bool = false) -> Evidenced<Bytes>? {
    evidence(key) { node, path in
      log.quantity(node, path: path, example: "80GiB, 512MB") { text throws(QuantityText.Failure) in
        try QuantityText.bytes(text, allowsZero: allowsZero)
      }
    }
  }

  /// A rate of bytes with provenance.
  func evidencedBandwidth(_ key: String) -> Evidenced<Bandwidth>? {
    evidence(key) { node, path in
      log.quantity(node, path: path, example: "300GB/s, 200Gb/s", reading: QuantityText.bandwidth)
    }
  }

  /// A time with provenance; zero is a time.
  func evidencedSeconds(_ key: String) -> Evidenced<Seconds>? {
    evidence(key) { node, path in
      log.quantity(node, path: path, example: "2us, 500ns") { text throws(QuantityText.Failure) in
        try QuantityText.seconds(text, allowsZero: true)
      }
    }
  }

  /// A rate of arithmetic with provenance.
  func evidencedCompute(_ key: String) -> Evidenced<ComputeRate>? {
    evidence(key) { node, path in
      log.quantity(node, path: path, example: "312TFLOPS", reading: QuantityText.compute)
    }
  }

  /// A whole number with provenance.
  func evidencedInteger(_ key: String, in range: ClosedRange<Int>) -> Evidenced<Int>? {
    evidence(key) { node, path in log.integer(node, path: path, in: range) }
  }

  /// Exactly one of `published`, `measured`, `assumed`, with a text.
  func provenance() -> Provenance? {
    let kinds = Provenance.Kind.allCases.filter { value($0.rawValue) != nil }
    guard let kind = kinds.first, kinds.count == 1 else {
      log.add(
        at: node.position, path: path, kinds.isEmpty ? "found no provenance" : "found several kinds of provenance",
        "expected exactly one of published, measured or assumed")
      return nil
    }
    guard let source = text(kind.rawValue) else { return nil }
    return Provenance(kind, source)
  }

  /// An efficiency curve, `{points: [[size, fraction], ...], measured: "..."}` or `{value: 0.8, assumed: "..."}`.
  func curve(_ key: String) -> EfficiencyCurve? {
    guard let node = require(key, "a mapping such as {points: [[1e6, 0.5]], measured: \"...\"}") else { return nil }
    guard let reader = MappingReader(node, path: path(key), keys: .curve, log: log) else { return nil }
    let provenance = reader.provenance()
    switch (reader.value("points"), reader.value("value")) {
    case (let points?, nil):
      guard let read = reader.points(points), let provenance else { return nil }
      return EfficiencyCurve(points: read, provenance: provenance)
    case (nil, let value?):
      guard let fraction = reader.fraction(value, path: reader.path("value")), let provenance else { return nil }
      return EfficiencyCurve(constant: fraction, provenance: provenance)
    default:
      log.add(at: node.position, path: reader.path, "found neither or both of points and value", "expected one of them")
      return nil
    }
  }

  private func fraction(_ node: DocumentNode, path: String) -> Double? {
    log.number(node, path: path, in: Double.leastNonzeroMagnitude...1, expected: "a fraction above 0 and at most 1")
  }

  private func points(_ node: DocumentNode) -> [EfficiencyCurve.Point]? {
    let path = path("points")
    guard !node.items.isEmpty else {
      log.add(node, path: path, expected: "a list of [size, fraction] pairs")
      return nil
    }
    var points: [EfficiencyCurve.Point] = []
    for (index, item) in node.items.enumerated() {
      guard let point = self.point(item, path: "\(path)[\(index)]") else { return nil }
      guard points.last.map({ $0.size < point.size }) ?? true else {
        log.add(item, path: "\(path)[\(index)]", expected: "a size above the one before")
        return nil
      }
      points.append(point)
    }
    return points
  }

  private func point(_ node: DocumentNode, path: String) -> EfficiencyCurve.Point? {
    guard node.items.count == 2 else {
      log.add(node, path: path, expected: "a pair [size, fraction]")
      return nil
    }
    let size = log.number(
      node.items[0], path: path + "[0]", in: Double.leastNonzeroMagnitude...1e30, expected: "a size above 0")
    let fraction = fraction(node.items[1], path: path + "[1]")
    guard let size, let fraction else { return nil }
    return EfficiencyCurve.Point(size: size, fraction: fraction)
  }
}
