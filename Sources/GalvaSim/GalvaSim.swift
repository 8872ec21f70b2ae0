// The umbrella: one import for programs that use galvasim as a library.
@_exported import ClusterSimulation
@_exported import Costing
@_exported import Export
@_exported import Hardware
@_exported import Parallelism
@_exported import Planning
@_exported import Quantities
@_exported import ScenarioIO
@_exported import Workload

/// The version of the tool, as printed and as written into files.
public let toolVersion = "0.1.0"
