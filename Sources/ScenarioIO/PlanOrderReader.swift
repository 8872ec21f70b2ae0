import Foundation
import Parallelism

/// Reads the order of things in a plan: the schedule of micro-batches and the numbering of ranks.
struct PlanOrderReader {
  let reader: MappingReader
  let references: ReferenceReader

  private var log: ProblemLog { reader.log }

  /// The schedule under `schedule`: a name of the registry or the path of a CSV file; `nil` with problems recorded.
  func schedule(virtualStages: Int) -> ScheduleChoice? {
    guard let node = reader.value("schedule") else {
      return .named(virtualStages > 1 ? "interleaved-1f1b" : "1f1b")
    }
    let path = reader.path("schedule")
    let names = ScheduleCatalog.all.map(\.name)
    let expected = ProblemLog.list(names) + " or the path of a .csv file"
    guard let text = log.text(node, path: path, expected: expected) else { return nil }
    if text.lowercased().hasSuffix(".csv") { return customSchedule(text, node, path: path) }
    if names.contains(text) { return .named(text) }
    log.add(node, path: path, expected: expected, suggestion: Spelling.nearest(to: text, among: names))
    return nil
  }

  private func customSchedule(_ text: String, _ node: DocumentNode, path: String) -> ScheduleChoice? {
    guard let file = references.absolutePath(text, at: node.position, path: path) else { return nil }
    do throws(InputError) {
      return .custom(try ImportedFile.schedule(path: file).schedule)
    } catch {
      log.adopt(error)
      return nil
    }
  }

  /// The numbering of ranks under `order`, innermost dimension first; `nil` when absent or wrong.
  func rankOrder(strategies: [LayerStrategy]) -> RankOrder? {
    guard let node = reader.value("order") else { return nil }
    let path = reader.path("order")
    let expected = "tp-cp-dp-pp, tp-cp-pp-dp or tp-pp-cp-dp (innermost first)"
    guard let text = log.text(node, path: path, expected: expected) else { return nil }
    // Expert parallelism reuses the ranks of dp and cp: it has no place of its own in the numbering.
    let dimensions = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init).filter { $0 != "ep" }
    switch dimensions {
    case ["tp", "cp", "dp", "pp"], ["tp", "dp", "pp"]: return .pipelineOutermost
    case ["tp", "cp", "pp", "dp"], ["tp", "pp", "dp"]:
      return stride(strategies, node, path) { $0.tensorParallel * $0.ulysses * $0.contextParallel }
    case ["tp", "pp", "cp", "dp"]: return stride(strategies, node, path) { $0.tensorParallel * $0.ulysses }
    default:
      log.add(node, path: path, expected: expected)
      return nil
    }
  }

  /// The stride, when it is the same for all layers.
  private func stride(
    _ strategies: [LayerStrategy], _ node: DocumentNode, _ path: String, of size: (LayerStrategy) -> Int
  ) -> RankOrder? {
    let limit = 1_000_000.0
    let isSmall = strategies.allSatisfy {
      Double($0.tensorParallel) * Double($0.ulysses) * Double($0.contextParallel) <= limit
    }
    guard isSmall, let first = strategies.first, strategies.allSatisfy({ size($0) == size(first) }) else {
      log.add(node, path: path, expected: "pp outermost, because the layers have different degrees")
      return nil
    }
    return RankOrder(pipelineStride: size(first))
  }
}
