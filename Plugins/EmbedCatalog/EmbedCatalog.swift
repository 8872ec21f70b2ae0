import Foundation
import PackagePlugin

/// Embeds `Scenarios/{devices,links,clusters,models,schema}` and `Traces/kernels` in the binary: a GPU, a link, a model,
/// a table of kernels stay data files, and the tool needs no installation folder.
@main
struct EmbedCatalog: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let root = context.package.directoryURL
    let folders = ["clusters", "devices", "links", "models", "schema"].map { "Scenarios/" + $0 } + ["Traces/kernels"]
    let files = try folders.flatMap { folder in
      try FileManager.default.contentsOfDirectory(
        at: root.appending(path: folder), includingPropertiesForKeys: nil
      ).filter { ["yaml", "json", "csv"].contains($0.pathExtension) }
    }.sorted { $0.path(percentEncoded: false) < $1.path(percentEncoded: false) }
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedCatalog.swift")
    return [
      .buildCommand(
        displayName: "Embedding \(files.count) catalogue files",
        executable: try context.tool(named: "catalog-packer").url,
        arguments: [output, root].map { $0.path(percentEncoded: false) } + files.map { $0.path(percentEncoded: false) },
        inputFiles: files, outputFiles: [output])
    ]
  }
}
