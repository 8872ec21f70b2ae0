import Hardware
import Quantities
import Testing
import TestSupport

@Suite("Efficiency curves")
struct EfficiencyCurveTests {
  private func curve(_ points: [(Double, Double)]) -> EfficiencyCurve? {
    EfficiencyCurve(
      points: points.map { .init(size: $0.0, fraction: $0.1) }, provenance: TestHardware.provenance)
  }

  @Test func `a curve has points, in increasing size, with fractions above zero and at most one`() {
    #expect(curve([]) == nil)
    #expect(curve([(1, 0)]) == nil)
    #expect(curve([(1, 1.01)]) == nil)
    #expect(curve([(0, 0.5)]) == nil)
    #expect(curve([(2, 0.5), (1, 0.5)]) == nil)
    #expect(curve([(1, 0.5), (1, 0.6)]) == nil)
    #expect(curve([(1, .nan)]) == nil)
    #expect(curve([(1, 0.5), (2, 1)])?.points.count == 2)
  }
}

@Suite("Clusters")
struct ClusterTests {
  @Test func `ranks fill nodes in order`() {
    let cluster = TestHardware.cluster(nodes: 3, devicesPerNode: 4)
    #expect(cluster.deviceCount == 12)
    #expect((0..<12).map { cluster.node(ofRank: $0) } == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
  }

  @Test func `a cluster of another size is otherwise the same`() {
    let cluster = TestHardware.cluster(nodes: 3, devicesPerNode: 4)
    #expect(cluster.with(nodes: 5).deviceCount == 20)
    #expect(cluster.with(nodes: 5).with(nodes: 3) == cluster)
  }
}
