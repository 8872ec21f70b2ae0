import ClusterSimulation
import Parallelism
import Quantities
import Workload

/// Blocks of one kind that a rank held at its peak.
public struct MemoryTerm: Hashable, Sendable {
  /// What for.
  public let category: MemoryCategory
  /// What took them: an operation, or what is resident.
  public let name: String
  /// Blocks.
  public let count: Int
  /// Layers they belong to.
  public let layers: Int
  /// Micro-batches they belong to; 0 for none.
  public let microBatches: Int
  /// Bytes of one.
  public let each: Int64
  /// Bytes in all.
  public let bytes: Int64
  /// How one of them comes about, where that is known: parameters times bytes.
  public let formula: String
}

extension SimulationResult {
  /// Everything a simulated rank holds at its peak, the largest first; the terms add up to the peak.
  func memoryTerms(ofSimulatedRank rank: Int) -> [MemoryTerm] {
    let timeline = MemoryTimeline(trace: trace, simulatedRank: rank)
    var held = HeldBlocks()
    for part in timeline.resident { held.take(part.category, -1, part.layer, -1, part.bytes.count) }
    let peak = timeline.peak()
    if peak.row >= 0 {
      for change in timeline.changes {
        let name = trace.task(row: change.row).info.name
        held.apply(change, name: name)
        if change.row == peak.row, change.time == peak.time, held.bytes == peak.bytes.count { break }
      }
    }
    return held.terms(name: { trace.programs.names[Int($0)] }, formula: formula)
  }

  /// How a block of model states comes about.
  private func formula(_ category: MemoryCategory, bytes: Int64) -> String {
    let each: Int64
    switch category {
    case .parameters: each = setup.job.parameterBytes
    case .gradients: each = setup.job.gradientFormat.bytesPerElement
    case .optimizer: each = setup.job.optimizerBytesPerParameter
    default: return ""
    }
    guard each > 0, bytes % each == 0 else { return "" }
    return "\(Readable.grouped(Double(bytes / each))) parameters x \(each) B"
  }
}

/// Live blocks of a ledger, by what took them.
private struct HeldBlocks {
  private struct Key: Hashable {
    var category: MemoryCategory
    var name: Int32
    var bytes: Int64
  }

  private struct Block: Hashable {
    var layer: Int32
    var microBatch: Int32
  }

  private var blocks: [Key: [Block]] = [:]
  /// Bytes held.
  private(set) var bytes: Int64 = 0

  mutating func take(_ category: MemoryCategory, _ name: Int32, _ layer: Int32, _ microBatch: Int32, _ bytes: Int64) {
    blocks[Key(category: category, name: name, bytes: bytes), default: []]
      .append(Block(layer: layer, microBatch: microBatch))
    self.bytes += bytes
  }

  mutating func apply(_ change: MemoryChange, name: Int32) {
    guard change.bytes < 0 else {
      take(change.category, name, change.layer, change.microBatch, change.bytes)
      return
    }
    bytes += change.bytes
    // Freed by another operation than the one that took it: any of the layer with that size.
    let keys = blocks.keys.filter { $0.category == change.category && $0.bytes == -change.bytes }
      .sorted { $0.name < $1.name }
    for key in keys {
      let index =
        blocks[key]?.firstIndex { $0.layer == change.layer && $0.microBatch == change.microBatch }
        ?? blocks[key]?.firstIndex { $0.layer == change.layer }
      if let index {
        blocks[key]?.remove(at: index)
        return
      }
    }
    blocks[Key(category: change.category, name: name, bytes: change.bytes), default: []]
      .append(Block(layer: change.layer, microBatch: change.microBatch))
  }

  func terms(
    name: (Int32) -> String, formula: (_ category: MemoryCategory, _ bytes: Int64) -> String
  ) -> [MemoryTerm] {
    let terms = blocks.filter { !$0.value.isEmpty }.map { key, blocks in
      MemoryTerm(
        category: key.category, name: key.name < 0 ? "resident" : name(key.name), count: blocks.count,
        layers: Set(blocks.map(\.layer)).count, microBatches: Set(blocks.map(\.microBatch).filter { $0 >= 0 }).count,
        each: key.bytes, bytes: key.bytes * Int64(blocks.count),
        formula: key.name < 0 ? formula(key.category, key.bytes) : "")
    }
    return terms.sorted {
      $0.bytes != $1.bytes
        ? $0.bytes > $1.bytes
        : ($0.category.rawValue, $0.name, $0.each) < ($1.category.rawValue, $1.name, $1.each)
    }
  }
}
