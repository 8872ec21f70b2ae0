import Foundation
import Hardware
import Workload

/// A model as a file describes it: a name and the keys of a Hugging Face `config.json`.
public struct ModelDescription: Hashable, Sendable {
  /// Name for the catalogue and for people.
  public let name: String
  /// A longer name; the same where the file has none.
  public let title: String
  /// The keys of the configuration; nested mappings are left out.
  public let configuration: [String: ConfigurationValue]
  /// The published or exactly counted number of parameters, where the file has one.
  public let parameters: Int64?
  /// Parameters one token uses, where the file has them.
  public let activeParameters: Int64?
  /// Where the description comes from.
  public let provenance: String?
  /// The node of the configuration, to locate what is wrong with it.
  let node: DocumentNode
  /// The path of that node.
  let path: String

  /// Whether the input is an image, whose size fixes the number of positions.
  public var takesImages: Bool { configuration["image_size"] != nil || configuration["patch_size"] != nil }

  /// The model for one sequence length.
  ///
  /// - Throws: ``InputError`` located at the key of the configuration that is wrong.
  public func model(sequenceLength: Int?) throws(InputError) -> Model {
    do throws(ModelError) {
      return try Model(name: name, huggingFace: configuration, sequenceLength: sequenceLength)
    } catch {
      let text = LocatedText(error.description, under: node, path: path)
      throw InputError(kind: .badInput, problems: [text.problem])
    }
  }
}

/// An error text of a noun module, `field: found; what to do`, moved to the place of the field.
struct LocatedText {
  let problem: InputProblem

  init(_ description: String, under node: DocumentNode, path: String) {
    let parts = description.split(separator: ": ", maxSplits: 1)
    let named = parts.count == 2 && !parts[0].contains(" ") ? String(parts[0]) : nil
    let entry = named.flatMap { name in node.entries.first { name == $0.key || name.hasPrefix($0.key + "[") } }
    let position = entry?.value.position ?? node.position
    let rest = named == nil ? description : String(parts[1])
    let advice = rest.range(of: "; ", options: .backwards)
    problem = InputProblem(
      file: position.source.name, line: position.line, column: position.column,
      path: [path, named ?? ""].filter { !$0.isEmpty }.joined(separator: "."),
      message: advice.map { String(rest[..<$0.lowerBound]) } ?? rest,
      advice: advice.map { String(rest[$0.upperBound...]) } ?? "correct it")
  }
}

extension ReferenceReader {
  /// A model: catalogue name, path of a model file or a Hugging Face configuration, or an inline configuration.
  func model(_ node: DocumentNode, path: String) -> ModelDescription? {
    if node.isMapping { return description(node, path: path, stem: node["name"]?.text ?? "inline") }
    let expected = "a model: a catalogue name, a path or a mapping with model_type"
    guard let text = log.text(node, path: path, expected: expected) else { return nil }
    return target(.model, text, at: node.position, path: path).flatMap {
      description($0.root, path: "", stem: $0.stem)
    }
  }

  private func description(_ node: DocumentNode, path: String, stem: String) -> ModelDescription? {
    let isModelFile = node["kind"] != nil || node["config"] != nil
    guard !isModelFile else { return modelFile(node, path: path, stem: stem) }
    guard node["model_type"] != nil || node["architectures"] != nil else {
      let keys = "model_type (a Hugging Face configuration) or config (a model file)"
      log.add(at: node.position, path: path, "found no model_type", "expected a mapping with \(keys)")
      return nil
    }
    return ModelDescription(
      name: stem, title: stem, configuration: configuration(node), parameters: nil, activeParameters: nil,
      provenance: nil, node: node, path: path)
  }

  private func modelFile(_ node: DocumentNode, path: String, stem: String) -> ModelDescription? {
    guard let reader = MappingReader(node, path: path, keys: .model, log: log) else { return nil }
    reader.checkKind("model")
    let before = log.problems.count
    let name = reader.text("name") ?? stem
    let parameters = reader.value("parameters").flatMap { _ in reader.evidencedInteger("parameters", in: 1...Int.max) }
    let active = reader.value("active_parameters").flatMap { _ in
      reader.evidencedInteger("active_parameters", in: 1...Int.max)
    }
    let title = reader.text("title") ?? name
    let provenance = reader.text("provenance")
    guard let config = reader.require("config", "the keys of a Hugging Face config.json") else { return nil }
    guard config.isMapping else {
      log.add(config, path: reader.path("config"), expected: "the keys of a Hugging Face config.json")
      return nil
    }
    guard log.problems.count == before else { return nil }
    return ModelDescription(
      name: name, title: title, configuration: configuration(config), parameters: parameters.map { Int64($0.value) },
      activeParameters: active.map { Int64($0.value) }, provenance: provenance, node: config,
      path: reader.path("config"))
  }

  /// The keys of a configuration; those of a nested `text_config` (multimodal models) come first.
  private func configuration(_ node: DocumentNode) -> [String: ConfigurationValue] {
    var values: [String: ConfigurationValue] = [:]
    for entry in (node["text_config"]?.entries ?? []) + node.entries where values[entry.key] == nil {
      values[entry.key] = Self.value(entry.value)
    }
    return values
  }

  /// A value without mappings; `nil` for a mapping.
  private static func value(_ node: DocumentNode) -> ConfigurationValue? {
    switch node.value {
    case .null: .null
    case .boolean(let value): .boolean(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .text(let value): .text(value)
    case .list(let items): .list(items.compactMap(Self.value))
    case .mapping: nil
    }
  }
}
