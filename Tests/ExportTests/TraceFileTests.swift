import ClusterSimulation
import Foundation
import HDF5IO
import Testing

@testable import Export

@Suite("Trace files read back")
struct TraceFileTests {
  /// Writes the trace of a run and reads it.
  private func load(_ result: SimulationResult, _ scratch: borrowing Scratch) throws -> TraceFile {
    let path = scratch.path("trace.h5")
    try HDF5TraceExporter().write(result, description: Sample.description(Sample.pipeline), to: path)
    return try TraceFile.load(path: path)
  }

  @Test(arguments: Sample.all, [false, true])
  func `a file gives the timelines of its result`(run: String, expandRanks: Bool) throws {
    guard run != Sample.outOfMemory || !expandRanks else { return }
    let scratch = try Scratch()
    let result = try Sample.simulate(run, expandRanks: expandRanks)
    let file = try load(result, scratch)
    let simulated = SimulatedTimeline(result, title: try Sample.description(Sample.pipeline).scenarioName)
    #expect(file.overview == simulated.overview)
    for exporter in ExporterCatalog.timelineExporters() {
      try exporter.write(file, to: scratch.path("a-" + exporter.name))
      try exporter.write(simulated, to: scratch.path("b-" + exporter.name))
      #expect(
        FileManager.default.contentsEqual(
          atPath: scratch.path("a-" + exporter.name), andPath: scratch.path("b-" + exporter.name)), "\(exporter.name)")
    }
  }

  @Test func `conditions and links come back`() throws {
    let scratch = try Scratch()
    let scenario = try Sample.scenario(Sample.pipeline)
    var setup = TrainingSetup(
      model: scenario.model, cluster: scenario.cluster, job: scenario.job, plan: scenario.plan,
      options: scenario.options)
    setup.conditions.slowDevices = [.init(rank: 5, speed: 0.8)]
    let result = try TrainingSimulation(setup).run(network: .shared)
    let overview = try load(result, scratch).overview
    #expect(overview.faults.map(\.rank) == [5] && overview.faults == setup.conditions.timelineFaults)
    #expect(overview.links.count == result.network?.links.count)
    #expect(overview.links == result.network.map(LinkUse.links))
  }

  @Test func `files of others are refused`() throws {
    let scratch = try Scratch()
    let path = scratch.path("a.h5")
    #expect(throws: TraceFileError.missing(path: path)) { _ = try TraceFile.load(path: path) }
    try Data("text".utf8).write(to: scratch.folder.appending(path: "a.h5"))
    #expect(throws: TraceFileError.self) { _ = try TraceFile.load(path: path) }
    let file = try HDF5File.create(path)
    try file.root.setAttribute("Conventions", .text("CF-1.11"))
    try file.close()
    do {
      _ = try TraceFile.load(path: path)
      Issue.record("a foreign file was read")
    } catch {
      #expect(error.exitStatus == 65 && error.description.contains("is no trace of galvasim"))
    }
  }

  @Test(arguments: [100, 1000, 10_000, 100_000])
  func `a truncated file is refused`(bytes: Int) throws {
    let scratch = try Scratch()
    _ = try load(Sample.simulate(Sample.pipeline), scratch)
    let url = scratch.folder.appending(path: "trace.h5")
    let data = try Data(contentsOf: url)
    try data.prefix(bytes).write(to: url)
    #expect(throws: TraceFileError.self) { _ = try TraceFile.load(path: url.path) }
  }
}
