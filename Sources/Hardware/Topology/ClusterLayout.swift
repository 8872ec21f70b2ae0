import Quantities

/// Which links a cluster is made of.
public enum ClusterLayout: Hashable, Sendable {
  /// Equal nodes on a regular fabric.
  case regular(NodeLayout, FabricLayout)
  /// Every vertex and link written out.
  case graph(GraphLayout)
}

extension Cluster {
  /// The layout that the plain keys of a cluster stand for, used when none is written.
  ///
  /// One socket; as many PCIe switches as share GPUs and cards evenly; cards on one switch without a bottleneck.
  /// `nvswitch` is a crossbar, `mesh` divides the bandwidth of a GPU evenly over links to all others of its node, `pcie`
  /// is one PCIe switch whose slots have the bandwidth of `intra_node`.
  public var derivedLayout: ClusterLayout {
    let (devices, cards) = (devicesPerNode, networkCardsPerNode)
    let switches = topology == .pcie || cards == 0 ? 1 : Self.greatestCommonDivisor(devices, cards)
    let links: NodeLayout.DeviceLinks =
      switch topology {
      case .nvswitch: .crossbar(nodes: 1)
      case .mesh: .direct(DevicePair.fullMesh(devices: devices))
      case .pcie: .none
      }
    let node = NodeLayout.tree(devices: devices, cards: cards, sockets: 1, switches: switches, deviceLinks: links)
    return .regular(node, .singleSwitch)
  }

  private static func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
    second == 0 ? first : greatestCommonDivisor(second, first % second)
  }

  /// Why ``layout`` does not describe this cluster; `nil` when it does or when there is none.
  public func layoutProblem() -> TopologyError? {
    switch layout {
    case nil: return nil
    case .regular(let node, let fabric)?: return node.problem(for: self) ?? fabric.problem(nodes: nodes)
    case .graph(let graph)?:
      guard graph.deviceCount == deviceCount else {
        return .count(what: "GPUs in the graph", found: graph.deviceCount, expected: deviceCount)
      }
      do throws(TopologyError) {
        _ = try graph.makeTopology()
        return nil
      } catch { return error }
    }
  }

  /// The links of the cluster.
  ///
  /// - Throws: ``TopologyError`` when the layout does not fit the cluster or leaves a GPU out.
  /// - Complexity: Linear in vertices and links.
  public func makeTopology() throws(TopologyError) -> Topology {
    if let problem = layoutProblem() { throw problem }
    switch layout ?? derivedLayout {
    case .graph(let graph): return try graph.makeTopology()
    case .regular(let node, let fabric):
      guard nodes == 1 || interNode != nil && networkCardsPerNode > 0 else { throw .noNetwork(nodes: nodes) }
      var building = ClusterBuilding(cluster: self, node: node)
      for index in 0..<nodes { building.addNode(index) }
      building.addFabric(fabric)
      return try building.builder.build()
    }
  }
}
