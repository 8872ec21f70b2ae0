import Costing
import Parallelism
import Planning
import ScenarioIO
import Foundation
import Testing

/// One row of the estimates that the authors' VLDB code gives for 8 GPUs.
struct PublishedEstimate {
  let model: String
  let memory: Int
  let method: String
  /// `nil` when the code found no plan.
  let result: Result?

  struct Result {
    let batch: Int
    let throughput: Double
    let pipeline: Int
    let iteration: Double
    /// Strategies by stage, as the code prints them.
    let stages: [[String]]
  }

  /// All rows, in the file's order.
  static func all() throws -> [PublishedEstimate] {
    try SharedData.text("vldb_released_code_estimates_8gpu.csv").split(whereSeparator: \.isNewline)
      .filter { !$0.hasPrefix("#") }.dropFirst().map(PublishedEstimate.init)
  }

  /// Columns: model, memory in GB, method, batch, throughput, stages, seconds, MB (a list in quotes), plan.
  private init(row: Substring) throws {
    var cells = row.split(separator: ",", maxSplits: 7, omittingEmptySubsequences: false).map(String.init)
    try #require(cells.count == 8)
    let rest = cells.removeLast()
    model = cells[0]
    memory = try #require(Int(cells[1])) * 1024
    method = cells[2]
    guard cells[4] != "OOM" else {
      result = nil
      return
    }
    let plan = rest.split(separator: ",").last.map(String.init) ?? ""
    let text = plan.split(separator: "\"").last.map(String.init) ?? ""
    result = Result(
      batch: try #require(Int(cells[3])), throughput: try #require(Double(cells[4])),
      pipeline: try #require(Int(cells[5])), iteration: try #require(Double(cells[6])),
      stages: try text.components(separatedBy: "||").map(Self.expand))
  }

  /// `2-2*-2x15 2-2*-2fx1` as sixteen words.
  private static func expand(_ runs: String) throws -> [String] {
    try runs.split(separator: " ").flatMap { run -> [String] in
      let cross = try #require(run.lastIndex(of: "x"))
      return Array(repeating: String(run[..<cross]), count: try #require(Int(run[cross...].dropFirst())))
    }
  }

  /// The model's constants, layers counted as the row's name says (`T5-Large-32(16+16)`).
  func profile() throws -> VLDBModelProfile {
    let models = try VLDBProfileFile.models(folder: SharedData.path(""))
    var profile = try #require(models.first { model.hasPrefix($0.name) })
    let counts = model.dropFirst(profile.name.count).split { !$0.isNumber }.compactMap { Int($0) }
    for index in profile.layers.indices {
      profile.layers[index].count = counts.count > 1 ? counts[index + 1] : counts[0]
    }
    return profile
  }

  /// The search that the row's method stands for.
  func search(_ costs: VLDBCostModel) throws -> VLDBSearch {
    let names: [String: SearchMethod] = [
      "DP": .data, "SDP": .sharded, "TP": .tensor, "PP": .pipeline, "3D(2-2-2)": .threeDimensional,
      "dp+tp": .dataTensor, "dp+pp": .dataPipeline, "full": .galvatron,
    ]
    return VLDBSearch(costs: costs, method: try #require(names[method]))
  }
}
