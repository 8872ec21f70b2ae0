import Costing
import Hardware

/// Models, clusters and kernel costs that many scenarios have in common, read once.
///
/// Whoever reads scenario after scenario keeps one; files that scenarios name are then read when they first are. Parts
/// with problems are read again, so that every scenario reports them.
public final class ScenarioParts {
  /// What kernel costs depend on.
  private struct CostsKey: Hashable {
    let node: DocumentNode?
    let devices: [DeviceSpec]
  }

  /// Most parts of a kind that are kept.
  private static let capacity = 256
  private var models: [DocumentNode: ModelDescription] = [:]
  private var clusters: [DocumentNode: Cluster] = [:]
  private var costs: [CostsKey: KernelCosts] = [:]

  /// Starts with nothing.
  public init() {}

  func model(_ node: DocumentNode, read: () -> ModelDescription?) -> ModelDescription? {
    Self.part(node, in: &models, read)
  }

  func cluster(_ node: DocumentNode, read: () -> Cluster?) -> Cluster? { Self.part(node, in: &clusters, read) }

  func costs(_ node: DocumentNode?, devices: [DeviceSpec], read: () -> KernelCosts?) -> KernelCosts? {
    Self.part(CostsKey(node: node, devices: devices), in: &costs, read)
  }

  private static func part<Key: Hashable, Part>(_ key: Key, in parts: inout [Key: Part], _ read: () -> Part?) -> Part? {
    if let part = parts[key] { return part }
    guard let part = read() else { return nil }
    if parts.count >= capacity { parts.removeAll() }
    parts[key] = part
    return part
  }
}
