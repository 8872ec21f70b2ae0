import Foundation
import Parallelism
import TestSupport

/// Reference files that may lie beside the checkout.
enum SharedData {
  /// The folder; `nil` when there is none.
  static let folder: URL? = {
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let candidate = folder.appendingPathComponent("shared/data")
      if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
    }
    return nil
  }()

  /// Whether the folder is there.
  static var isPresent: Bool { folder != nil }

  /// The text of a file.
  static func text(_ path: String) throws -> String {
    guard let folder else { throw CocoaError(.fileNoSuchFile) }
    return try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
  }

  /// Files below a folder whose name begins with `prefix`, sorted by path.
  static func files(under path: String, prefix: String) -> [String] {
    guard let folder, let walk = FileManager.default.enumerator(atPath: folder.appendingPathComponent(path).path)
    else { return [] }
    return walk.compactMap { $0 as? String }
      .filter { $0.split(separator: "/").last?.hasPrefix(prefix) == true }
      .map { "\(path)/\($0)" }.sorted()
  }
}

extension SeededGenerator {
  /// A strategy with small degrees; Ulysses and tensor parallelism exclude each other.
  mutating func strategy() -> LayerStrategy {
    var strategy = LayerStrategy()
    let split = Int.random(in: 1...4, using: &self)
    if Bool.random(using: &self) { strategy.tensorParallel = split } else { strategy.ulysses = split }
    strategy.contextParallel = Int.random(in: 1...3, using: &self)
    strategy.dataParallel = Int.random(in: 1...4, using: &self)
    let ranks = strategy.dataParallel * strategy.contextParallel
    strategy.expertParallel = (1...ranks).filter { ranks % $0 == 0 }.randomElement(using: &self) ?? 1
    strategy.sequenceParallel = strategy.tensorParallel > 1 && Bool.random(using: &self)
    strategy.isConsecutive = Bool.random(using: &self)
    strategy.zero = ZeroStage.allCases.randomElement(using: &self) ?? .none
    strategy.recompute = RecomputePolicy.allCases.randomElement(using: &self) ?? .none
    return strategy
  }
}
