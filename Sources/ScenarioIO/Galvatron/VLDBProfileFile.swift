import Costing
import Foundation

/// Reads the constants of the VLDB paper's search as tables: `vldb_inputs_models.csv` and `vldb_inputs_hw.csv`.
public enum VLDBProfileFile {
  /// Constants of the models.
  public static let modelFile = "vldb_inputs_models.csv"
  /// Constants of the clusters.
  public static let hardwareFile = "vldb_inputs_hw.csv"

  /// Every model of a folder's table, with kinds of layers whose number is not fixed left at zero layers.
  ///
  /// - Throws: ``InputError`` for the first row that cannot be used.
  public static func models(folder: String) throws(InputError) -> [VLDBModelProfile] {
    let table = try CommaTable(path: (folder as NSString).appendingPathComponent(modelFile))
    var models: [VLDBModelProfile] = []
    for row in table.rows {
      let name = try table.text(row, "model")
      let layer = try layer(table, row)
      if let index = models.firstIndex(where: { $0.name == name }) {
        models[index].layers.append(layer)
      } else {
        models.append(try model(table, row, name: name, layer: layer))
      }
    }
    return models
  }

  private static func model(
    _ table: CommaTable, _ row: CommaTable.Row, name: String, layer: VLDBLayerProfile
  ) throws(InputError) -> VLDBModelProfile {
    let family = VLDBFamily.allCases.first { name.lowercased().hasPrefix($0.rawValue) }
    guard let family else { throw table.problem(row, "found the model \(name)", "expected BERT, ViT, T5 or Swin") }
    func edge(_ states: String, _ activation: String) throws(InputError) -> VLDBEdgeMemory {
      VLDBEdgeMemory(states: try table.number(row, states), activation: try table.number(row, activation))
    }
    return VLDBModelProfile(
      name: name, family: family, layers: [layer],
      edge: try edge("other_ms_8gpu", "other_act_8gpu"),
      first: try edge("other_first_ms_16gpu", "other_first_act_16gpu"),
      last: try edge("other_last_ms_16gpu", "other_last_act_16gpu"),
      peakReduction: try table.number(row, "peak_reduction_16gpu"),
      extraOverhead: try table.number(row, "extra_overhead_ms"))
  }

  private static func layer(_ table: CommaTable, _ row: CommaTable.Row) throws(InputError) -> VLDBLayerProfile {
    var activations: [Int: Double] = [:]
    for degree in [1, 2, 4, 8, 16] { activations[degree] = try table.number(row, "act_tp\(degree)") }
    return VLDBLayerProfile(
      name: try table.text(row, "layer_type"), count: Int(try table.text(row, "num_layers")) ?? 0,
      hiddenSize: Int(try table.number(row, "hidden")), sequenceLength: Int(try table.number(row, "seq")),
      parameters: try table.number(row, "param_MB_per_layer"), activations: activations,
      forward: try table.number(row, "fwd_ms_per_layer_per_sample"),
      allReduces: Int(try table.number(row, "tp_allreduce_per_layer")))
  }

  /// The hardware of a number of GPUs.
  ///
  /// - Throws: ``InputError`` when the table has no row for them.
  public static func hardware(folder: String, devices: Int) throws(InputError) -> GalvatronHardware {
    let table = try CommaTable(path: (folder as NSString).appendingPathComponent(hardwareFile))
    var hardware = GalvatronHardware(devices: devices, allReduce: [:], overlapSlowdown: 1)
    for row in table.rows {
      let counts = try table.text(row, "gpus").split(separator: "|").compactMap { Int($0) }
      guard counts.contains(devices) else { continue }
      let value = try table.number(row, "coef_ms_per_MB")
      switch try table.text(row, "kind") {
      case "allreduce":
        let group = GalvatronHardware.Group(
          pipeline: Int(try table.number(row, "pp_deg")), ranks: Int(try table.number(row, "group_size")),
          isConsecutive: try table.number(row, "consecutive") == 1)
        hardware.allReduce[group] = value
      case "p2p": hardware.pointToPoint[Int(try table.number(row, "pp_deg"))] = value
      case "overlap_coe": hardware.overlapSlowdown = value
      default: continue
      }
    }
    guard !hardware.allReduce.isEmpty else {
      throw InputError(
        kind: .badInput,
        problems: [
          InputProblem(
            file: table.path, message: "found no rows for \(devices) GPUs", advice: "expected a profile of that size")
        ])
    }
    return hardware
  }
}
