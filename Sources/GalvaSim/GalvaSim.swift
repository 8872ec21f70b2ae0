// The umbrella: one import for programs that use galvasim as a library.
@_exported import ClusterSimulation
@_exported import Costing
@_exported import Hardware
@_exported import Parallelism
@_exported import Quantities
@_exported import ScenarioIO
@_exported import Workload
