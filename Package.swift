// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// A library module of ours: same settings for each.
func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], plugins: [Target.PluginUsage] = []
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict, plugins: plugins)
}

/// The test target of a module; every one may use TestSupport.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude, swiftSettings: strict)
}

let nouns: [Target.Dependency] = ["Quantities", "Workload", "Hardware", "Parallelism"]
let verbs: [Target.Dependency] = nouns + ["Costing", "EventKernel", "ClusterSimulation"]

let package = Package(
  name: "galvasim",
  products: [
    .library(name: "GalvaSim", targets: ["GalvaSim"]),
    .executable(name: "galvasim", targets: ["galvasim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // Nouns: values only.
    module("Quantities"),
    module("Workload", ["Quantities"]),
    module("Hardware", ["Quantities"]),
    module("Parallelism", ["Quantities", "Workload"]),
    // Verbs.
    module("EventKernel", ["Quantities"]),
    module("Network", ["Quantities"]),
    module("Costing", nouns),
    module("ClusterSimulation", nouns + ["Costing", "EventKernel", "Network"]),
    module("Planning", verbs),
    // Edges: the only modules that touch files.
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .target(name: "CHDF5Shim", dependencies: ["CHDF5"]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    module("HDF5IO", ["CHDF5", "CHDF5Shim"]),
    .executableTarget(name: "catalog-packer", swiftSettings: strict),
    .plugin(
      name: "EmbedCatalog", capability: .buildTool(), dependencies: ["catalog-packer"]),
    module(
      "ScenarioIO",
      nouns + ["Costing", "HDF5IO", "CZlib", .product(name: "Yams", package: "Yams")],
      plugins: ["EmbedCatalog"]),
    module("Export", verbs + ["HDF5IO", "CZlib"]),
    // Faces.
    module("GalvaSim", verbs + ["Planning", "ScenarioIO", "Export"]),
    .executableTarget(
      name: "galvasim",
      dependencies: [
        "GalvaSim",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(name: "BaselineLoops", cxxSettings: [.unsafeFlags(["-O3"])]),
    .executableTarget(
      name: "galvasim-bench", dependencies: ["GalvaSim", "BaselineLoops", "Network", "Planning", "ScenarioIO"] + verbs,
      swiftSettings: strict),
    // Tests.
    .target(
      name: "TestSupport",
      dependencies: verbs + [.product(name: "HeapModule", package: "swift-collections")],
      path: "Tests/TestSupport", swiftSettings: strict),
    tests("QuantitiesTests", ["Quantities"]),
    tests("WorkloadTests", ["Quantities", "Workload"]),
    tests("HardwareTests", ["Quantities", "Hardware"]),
    tests("ParallelismTests", nouns),
    tests("EventKernelTests", ["Quantities", "EventKernel"]),
    tests("NetworkTests", ["Quantities", "Network"]),
    tests("CostingTests", nouns + ["Costing"]),
    tests("ClusterSimulationTests", verbs),
    tests("PlanningTests", verbs + ["Planning", "ScenarioIO"]),
    tests("ScenarioIOTests", nouns + ["Costing", "ScenarioIO"]),
    tests("ExportTests", verbs + ["Export", "HDF5IO", "ScenarioIO"]),
    tests("HDF5IOTests", ["HDF5IO"]),
    tests("GoldenTests", verbs + ["GalvaSim"], exclude: ["Golden"]),
    tests("PropertyTests", verbs),
    tests("ValidationTests", verbs + ["GalvaSim"]),
    tests("CommandTests", ["GalvaSim"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
