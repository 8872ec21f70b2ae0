import Foundation
import Testing
import Workload

/// A configuration file as the library takes it; nested objects are left out.
struct ConfigurationFile: Decodable {
  let fields: [String: ConfigurationValue]

  private enum Entry: Decodable {
    case value(ConfigurationValue)
    case object

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .value(.null)
      } else if let value = try? container.decode(Bool.self) {
        self = .value(.boolean(value))
      } else if let value = try? container.decode(Int.self) {
        self = .value(.integer(value))
      } else if let value = try? container.decode(Double.self) {
        self = .value(.number(value))
      } else if let value = try? container.decode(String.self) {
        self = .value(.text(value))
      } else if let values = try? container.decode([Entry].self) {
        self = .value(.list(values.compactMap(\.plain)))
      } else {
        self = .object
      }
    }

    var plain: ConfigurationValue? {
      if case .value(let value) = self { value } else { nil }
    }
  }

  init(from decoder: any Decoder) throws {
    fields = try decoder.singleValueContainer().decode([String: Entry].self).compactMapValues(\.plain)
  }
}

/// One row of the table of published models.
struct PublishedModel: CustomTestStringConvertible {
  let name: String
  let parameters: Int64
  let activeParameters: Int64
  let configuration: URL

  var testDescription: String { name }
}

/// The data that lies beside a checkout; absent in most.
enum PublishedModels {
  /// The folder `shared/data` next to the checkout, found by walking up from this file.
  static let folder: URL? = {
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while folder.path != "/" {
      let data = folder.appendingPathComponent("shared/data")
      if FileManager.default.fileExists(atPath: data.appendingPathComponent("models.csv").path) { return data }
      folder = folder.deletingLastPathComponent()
    }
    return nil
  }()

  /// All rows; empty without the data.
  static let all: [PublishedModel] = {
    guard let folder, let text = try? String(contentsOf: folder.appendingPathComponent("models.csv"), encoding: .utf8)
    else { return [] }
    return text.split(whereSeparator: \.isNewline).dropFirst().compactMap { row(String($0), in: folder) }
  }()

  private static func row(_ line: String, in folder: URL) -> PublishedModel? {
    let isPaper = line.hasPrefix("\"")
    let columns = (isPaper ? String(line.dropFirst("\"(paper) GPT-3 175B, as GPT-2 layout\"".count)) : line)
      .split(separator: ",", omittingEmptySubsequences: false)
    guard columns.count >= 23, let total = Int64(columns[21]) else { return nil }
    let path = isPaper ? "GPT-3_175B_as_GPT-2_layout" : String(columns[0].split(separator: "/").last ?? "")
    return PublishedModel(
      name: path, parameters: total, activeParameters: Int64(columns[22]) ?? total,
      configuration: folder.appendingPathComponent("hf_configs/\(path).json"))
  }
}
