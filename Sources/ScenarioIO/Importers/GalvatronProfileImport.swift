import Costing
import Foundation
import Hardware
import Quantities
import Workload

/// Reads the profiles of Hetu-Galvatron: layer times become a kernel table, memory profiles are compared with the model.
public enum GalvatronProfileImport {
  /// What the profile was taken of, which its file does not say.
  public struct Setting: Hashable, Sendable {
    /// The model.
    public var model: ModelDescription
    /// The GPU.
    public var device: DeviceSpec
    /// Arithmetic.
    public var format: NumberFormat
    /// Attention kernels.
    public var attention: AttentionImplementation
    /// Samples where the file does not say.
    public var batch: Int

    /// Describes a profile.
    public init(
      model: ModelDescription, device: DeviceSpec, format: NumberFormat,
      attention: AttentionImplementation = .flash, batch: Int = 1
    ) {
      self.model = model
      self.device = device
      self.format = format
      self.attention = attention
      self.batch = batch
    }
  }

  /// The layer times as a kernel table.
  ///
  /// A profile times whole layers. Their kernels are those of the model; each gets the time the device's own table (or
  /// roofline) gives it, times the ratio that makes the forward kernels of the layer add up to the profile. The backward
  /// kernels are scaled by the same ratio.
  ///
  /// - Throws: ``InputError``: no profile, or no layer time of the model.
  public static func table(
    path: String, setting: Setting, name: String, date: String
  ) throws(InputError) -> KernelTable {
    let document = try SourceDocument.load(path: path)
    let plain = try setting.model.model(sequenceLength: nil)
    let profile = GalvatronProfile(document.root, hidden: plain.width)
    guard !profile.times.isEmpty else {
      throw failure(
        path, "found no layer time (layertype_0_bsz8_seq2048, fwd_time_hidden_\(plain.width))",
        "expected a computation profile of this model; memory profiles are read with --memory")
    }
    var builder = ProfileTableBuilder(setting: setting, costs: try costs(setting.device))
    for time in profile.times { builder.add(time, model: try setting.model.model(sequenceLength: time.sequence)) }
    guard !builder.rows.isEmpty else {
      throw failure(path, "found times of layers that the model has not", "check --model")
    }
    let file = (path as NSString).lastPathComponent
    return KernelTable(
      name: name, gpu: setting.device.title, device: setting.device.name, origin: .imported,
      source: "Hetu-Galvatron computation profile \(file), layer times spread over the kernels of "
        + setting.model.name, date: date, multiprocessors: setting.device.multiprocessors,
      notes: builder.notes + [KernelTable.Note("ignored_keys", "\(profile.ignored.count)")], rows: builder.rows)
  }

  private static func costs(_ device: DeviceSpec) throws(InputError) -> any CostModel {
    guard let table = try Catalog.builtIn.kernelTable(for: device) else { return RooflineCostModel(device: device) }
    return MeasuredCostModel(device: device, table: table)
  }

  static func failure(_ path: String, _ message: String, _ advice: String) -> InputError {
    InputError(kind: .badInput, problems: [InputProblem(file: path, message: message, advice: advice)])
  }
}

extension Model {
  /// The blocks Galvatron counts as one type: those of one role and width (encoder, decoder, stages of Swin).
  func profiledBlocks(_ type: Int) -> [Layer] {
    struct Kind: Hashable {
      var role: LayerRole
      var hidden: Int
    }
    func kind(_ layer: Layer) -> Kind? {
      guard case .transformer(let spec) = layer.block else { return nil }
      return Kind(role: layer.role, hidden: spec.hidden)
    }
    let kinds = blocks.compactMap(kind).reduce(into: [Kind]()) { known, next in
      if !known.contains(next) { known.append(next) }
    }
    guard kinds.indices.contains(type) else { return [] }
    return blocks.filter { kind($0) == kinds[type] }
  }

  /// Width of the stream of the first layer.
  var width: Int {
    switch embedding.block {
    case .tokenEmbedding(let spec): spec.hidden
    case .patchEmbedding(let spec): spec.hidden
    case .transformer(let spec): spec.hidden
    case .head(let spec): spec.hidden
    }
  }
}

/// Spreads layer times over kernels.
private struct ProfileTableBuilder {
  let setting: GalvatronProfileImport.Setting
  let costs: any CostModel
  private(set) var rows: [KernelRow] = []
  private(set) var notes: [KernelTable.Note] = []
  private var seen: Set<Kernel> = []

  init(setting: GalvatronProfileImport.Setting, costs: any CostModel) {
    self.setting = setting
    self.costs = costs
  }

  mutating func add(_ profiled: GalvatronProfile.Time, model: Model) {
    let batch = profiled.batch ?? setting.batch
    let layers = profiled.layerType.map { model.profiledBlocks($0) } ?? [model.embedding, model.head]
    let shard = LayerShard(microBatch: batch, format: setting.format, attention: setting.attention)
    let steps = layers.flatMap { $0.elements(shard) }.compactMap { element -> Operator? in
      if case .compute(let step) = element { return step }
      return nil
    }
    let forward = steps.flatMap(\.forward)
    let modelled = forward.reduce(Seconds.zero) { $0 + costs.duration(of: $1) }
    guard modelled > .zero else { return }
    let measured = Double(batch * (profiled.layerType == nil ? 1 : layers.count)) * profiled.time
    let ratio = measured.value / modelled.value
    for kernel in forward + steps.flatMap(\.backwardInput) + steps.flatMap(\.backwardWeight)
    where seen.insert(kernel).inserted {
      rows.append(KernelRow(kernel, time: ratio * costs.duration(of: kernel)))
    }
    let what = profiled.layerType.map { "\(layers.count) layers of type \($0)" } ?? "embedding and head"
    notes.append(
      KernelTable.Note(
        "used_\(notes.count + 1)",
        "\(what), \(batch) samples of \(model.embedding.sequenceLength): \(Self.digits(measured)) us forward, "
          + "\(Self.digits(modelled)) us by the model"))
  }

  private static func digits(_ time: Seconds) -> String { "\((time.value * 1e7).rounded() / 10)" }
}

extension GalvatronProfileImport {
  /// A memory profile beside the sizes of the model: nothing in it says how long a kernel takes.
  ///
  /// - Throws: ``InputError``: no memory profile.
  public static func memoryReport(path: String, setting: Setting) throws(InputError) -> String {
    let root = try SourceDocument.load(path: path).root
    var lines: [String] = []
    for entry in root.entries where entry.key.hasPrefix("layertype_") {
      let levels =
        entry.value["parameter_size"] == nil ? entry.value.entries.map { ($0.key, $0.value) } : [("", entry.value)]
      for (sequence, node) in levels {
        let model = try setting.model.model(sequenceLength: Int(sequence))
        lines += layerLines(entry.key, sequence, node, model, setting)
      }
    }
    guard !lines.isEmpty else {
      throw failure(path, "found no layertype_... with parameter_size", "expected a memory profile")
    }
    let others = root.entries.count { !$0.key.hasPrefix("layertype_") }
    return
      (["# a memory profile holds no kernel times: it changes no cost model", "# MB are 2^20 bytes"] + lines
      + ["# not used: \(others) keys of raw runs and of embedding and head"]).joined(separator: "\n") + "\n"
  }

  private static func layerLines(
    _ key: String, _ sequence: String, _ node: DocumentNode, _ model: Model, _ setting: Setting
  ) -> [String] {
    let type = key.split(separator: "_").dropFirst().first.flatMap { Int($0) } ?? 0
    guard let block = model.profiledBlocks(type).first else { return [] }
    let parameters = block.parameters.reduce(Int64(0)) { $0 + $1.count }
    var lines = ["\(key)\(sequence.isEmpty ? "" : " at \(sequence)"):"]
    if let size = number(node["parameter_size"]) {
      lines.append("  parameters: \(size) MB profiled, \(megabytes(parameters * 4)) MB of fp32 in the model")
    }
    for entry in node["tp_activation_per_bsz_dict"]?.entries ?? [] {
      guard let size = number(entry.value), let degree = Int(entry.key) else { continue }
      var shard = LayerShard(microBatch: 1, format: setting.format, attention: setting.attention)
      shard.tensorParallel = degree
      shard.sequenceParallel = key.hasSuffix("_sp")
      let saved = block.elements(shard).reduce(Int64(0)) { sum, element in
        if case .compute(let step) = element { return sum + step.savedBytes.count }
        return sum
      }
      lines.append(
        "  activations of a sample, tensor parallel \(degree): \(size) MB profiled, \(megabytes(saved)) MB kept")
    }
    return lines
  }

  private static func number(_ node: DocumentNode?) -> Double? {
    switch node?.value {
    case .number(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }

  private static func megabytes(_ bytes: Int64) -> Double { (Double(bytes) / 1_048_576 * 10).rounded() / 10 }
}
