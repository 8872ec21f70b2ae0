import Foundation
import Hardware
import Quantities
import Testing

@Suite("Conditions")
struct ConditionsTests {
  /// The factors are the middles of equally likely slices, so their mean is the distribution's up to the resolution.
  @Test(arguments: [Jitter.normal(deviation: 0.05), .lognormal(deviation: 0.1), .lognormal(deviation: 0.3)])
  func `the mean factor is one`(jitter: Jitter) {
    let factors = jitter.quantiles
    #expect(factors.count == Jitter.resolution)
    #expect(abs(factors.reduce(0, +) / Double(factors.count) - 1) < 2e-3)
    #expect(zip(factors, factors.dropFirst()).allSatisfy { $0 <= $1 })
  }

  /// The standard deviation of a normal factor is its parameter; slicing loses a little of the tails.
  @Test func `a normal factor has the deviation asked for`() {
    let factors = Jitter.normal(deviation: 0.05).quantiles
    let variance = factors.reduce(0) { $0 + ($1 - 1) * ($1 - 1) } / Double(factors.count)
    #expect(abs(variance.squareRoot() - 0.05) < 0.001)
  }

  /// Weights 1, 2, 1: a quarter of the slices each for 0.9 and 1.3, half for 1.0.
  @Test func `a histogram keeps its shares`() {
    let factors = Jitter.histogram([
      .init(factor: 1.3, weight: 1), .init(factor: 0.9, weight: 1), .init(factor: 1.0, weight: 2),
    ]).quantiles
    #expect(factors.count { $0 == 0.9 } == 256)
    #expect(factors.count { $0 == 1.0 } == 512)
    #expect(factors.count { $0 == 1.3 } == 256)
  }

  /// Abramowitz & Stegun, table 26.1: the distribution is 0.841345 at 1 and 0.977250 at 2.
  @Test func `normal quantiles equal the published table`() {
    #expect(abs(normalQuantile(0.841_344_746_068_543) - 1) < 1e-9)
    #expect(abs(normalQuantile(0.977_249_868_051_821) - 2) < 1e-9)
    #expect(abs(normalQuantile(0.5)) < 1e-12)
    #expect(abs(normalQuantile(0.001) + normalQuantile(0.999)) < 1e-9)
  }

  @Test func `the exponential equals Foundation's`() {
    for value in stride(from: -30.0, through: 30.0, by: 0.37) {
      #expect(abs(exponential(value) / exp(value) - 1) < 1e-13)
    }
  }

  @Test func `groups of nodes give their GPUs in order`() {
    let assumed = Provenance(.assumed, "a test")
    guard let curve = EfficiencyCurve(constant: 0.5, provenance: assumed) else { return }
    func device(_ name: String) -> DeviceSpec {
      DeviceSpec(
        name: name, title: name, peak: [.bf16: .teraflops(1)], memoryCapacity: .gibibytes(1),
        memoryBandwidth: .gigabytesPerSecond(1), multiprocessors: 1, kernelOverhead: .microseconds(1),
        gemmEfficiency: curve, attentionEfficiency: curve, memoryEfficiency: curve, contextMemory: .zero,
        provenance: [:])
    }
    let link = LinkSpec(
      name: "l", bandwidth: .gigabytesPerSecond(1), latency: .zero, efficiency: curve, provenance: [:])
    var cluster = Cluster(
      name: "c", device: device("a"), devicesPerNode: 2, nodes: 3, topology: .nvswitch, intraNode: link,
      interNode: link, networkCardsPerNode: 1, hostLink: link)
    #expect((0..<6).map { cluster.device(ofRank: $0).name } == Array(repeating: "a", count: 6))
    cluster.nodeGroups = [NodeGroup(device: device("b"), nodes: 1), NodeGroup(device: device("a"), nodes: 2)]
    #expect((0..<6).map { cluster.device(ofRank: $0).name } == ["b", "b", "a", "a", "a", "a"])
    #expect(cluster.devices.map(\.name) == ["b", "a"])
  }
}
