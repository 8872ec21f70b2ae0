import Costing
import Foundation
import Workload

/// Finds the profiles of a model and a cluster in a folder of Galvatron's files.
public struct GalvatronProfileFolder: Sendable {
  /// The folder.
  public let path: String
  private let names: [String]

  /// Looks into a folder.
  ///
  /// - Throws: ``InputError`` when it is none.
  public init(path: String) throws(InputError) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw InputError(
        kind: .missing,
        problems: [InputProblem(file: path, message: "no such folder", advice: "name a folder of Galvatron profiles")])
    }
    self.path = path
    self.names = names.sorted()
  }

  /// Whether the folder holds the constants of the VLDB release as tables.
  public var holdsTables: Bool {
    names.contains(VLDBProfileFile.modelFile) && names.contains(VLDBProfileFile.hardwareFile)
  }

  /// Kinds of blocks of a model, in a row each.
  public static func shapes(of model: Model) -> [GalvatronModelFile.LayerShape] {
    var shapes: [(kind: Int, shape: GalvatronModelFile.LayerShape)] = []
    for block in model.blocks {
      if let last = shapes.last, last.kind == block.typeIndex || block.isLike(last.shape) {
        shapes[shapes.count - 1].shape.count += 1
        continue
      }
      shapes.append(
        (
          block.typeIndex,
          .init(count: 1, hiddenSize: block.hiddenSize, sequenceLength: block.sequenceLength)
        ))
    }
    return shapes.map(\.shape)
  }

  /// Profiles of a model by the release that reads JSON files.
  public func profile(
    model: Model, precision: String, sequenceParallel: Bool
  ) throws(InputError) -> GalvatronModelProfile {
    try GalvatronModelFile.load(
      computation: file("computation_profiling_\(precision)_", of: model, with: "\"layertype_0"),
      memory: file("memory_profiling_\(precision)_", of: model, with: "\"layertype_0"),
      shapes: Self.shapes(of: model), isSequenceParallel: sequenceParallel)
  }

  /// The cluster's profile.
  public func hardware(nodes: Int, devicesPerNode: Int) throws(InputError) -> GalvatronHardware {
    let suffix = "\(nodes)nodes_\(devicesPerNode)gpus_per_node.json"
    func path(_ name: String) -> String { (self.path as NSString).appendingPathComponent(name) }
    func present(_ name: String) -> String? { names.contains(name) ? path(name) : nil }
    return try GalvatronHardwareFile.load(
      .init(
        allReduce: path("allreduce_bandwidth_\(suffix)"), pointToPoint: present("p2p_bandwidth_\(suffix)"),
        overlap: path("overlap_coefficient.json"), messages: present("sp_time_\(suffix)")),
      devices: nodes * devicesPerNode)
  }

  /// The constants of the VLDB release for a model: those of its family and width, with its numbers of layers.
  public func table(model: Model) throws(InputError) -> VLDBModelProfile {
    let shapes = Self.shapes(of: model)
    for var profile in try VLDBProfileFile.models(folder: path)
    where model.name.lowercased().hasPrefix(profile.family.rawValue)
      && profile.layers.map(\.hiddenSize) == shapes.map(\.hiddenSize)
    {
      for index in shapes.indices { profile.layers[index].count = shapes[index].count }
      return profile
    }
    throw problem("found no constants for \(model.name)", "expected BERT, ViT, T5 or Swin of a profiled width")
  }

  /// The file with a prefix that fits a model best: the same letters and digits in its name, else its width and length, as
  /// release 1.0.0 names files.
  private func file(_ prefix: String, of model: Model, with content: String) throws(InputError) -> String {
    let own = model.name.lowercased().filter { $0.isLetter || $0.isNumber }
    let found = names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }
      .map { (path as NSString).appendingPathComponent($0) }
      .filter { ((try? String(contentsOfFile: $0, encoding: .utf8)) ?? "").contains(content) }
    let named = found.filter { $0.lowercased().filter { $0.isLetter || $0.isNumber }.contains(own) }
    let shaped = found.filter { Self.name(($0 as NSString).lastPathComponent, fits: Self.shapes(of: model)) }
    guard let file = named.first ?? shaped.first else {
      throw problem("found no \(prefix)*.json for \(model.name)", "profile the model or name another folder")
    }
    return file
  }

  /// Whether a name such as `..._hidden1280_head16_seqlen512.json` or `..._embed320_...json` is for these layers.
  private static func name(_ name: String, fits shapes: [GalvatronModelFile.LayerShape]) -> Bool {
    guard let first = shapes.first else { return false }
    let words = name.split { $0 == "_" || $0 == "." }
    guard words.contains("hidden\(first.hiddenSize)") || words.contains("embed\(first.hiddenSize)") else {
      return false
    }
    let lengths = words.filter { $0.hasPrefix("seqlen") }
    return lengths.isEmpty || lengths.contains("seqlen\(first.sequenceLength)")
  }

  private func problem(_ message: String, _ advice: String) -> InputError {
    InputError(kind: .badInput, problems: [InputProblem(file: path, message: message, advice: advice)])
  }
}

extension Layer {
  /// Width of a block; 0 for others.
  fileprivate var hiddenSize: Int { if case .transformer(let block) = block { block.hidden } else { 0 } }

  /// Whether profiles would not tell the block from a kind: first and last blocks of a stack differ in small parts only.
  fileprivate func isLike(_ shape: GalvatronModelFile.LayerShape) -> Bool {
    hiddenSize == shape.hiddenSize && sequenceLength == shape.sequenceLength && !isFirstDecoder
  }

  /// Whether decoder blocks begin with it.
  fileprivate var isFirstDecoder: Bool {
    if case .transformer(let block) = block { block.keepsEncoderOutput } else { false }
  }
}
