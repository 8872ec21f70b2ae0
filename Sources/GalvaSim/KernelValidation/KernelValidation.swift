import Costing
import Hardware
import Quantities
import ScenarioIO
import Workload

/// Measured kernels beside their predictions.
public struct KernelValidation: Sendable {
  /// One row of the measurements.
  public struct Row: Hashable, Sendable {
    /// Data row of the file, counted from 1.
    public let line: Int
    /// The GPU as the row names it.
    public let gpu: String
    /// `gemm`, `grouped_gemm`, `attention`, `elementwise` or `collective`.
    public let kind: String
    /// Microseconds; `nil` when the row has none.
    public let measured: Double?
    /// Microseconds; `nil` when it cannot be predicted.
    public let predicted: Double?
    /// What the prediction rests on.
    public let basis: KernelBasis?
    /// Why there is no prediction or no error.
    public let skippedReason: String?
    /// Whether launch, ramp and unfilled waves are small.
    public let isLarge: Bool

    /// Predicted over measured time, less one.
    public var error: Double? { predicted.flatMap { predicted in measured.map { predicted / $0 - 1 } } }
  }

  /// The rows, in the order of the file.
  public let rows: [Row]

  /// Predicts every row of a file.
  ///
  /// - Parameters:
  ///   - path: A file with the columns of one kind of measurements.
  ///   - choice: Tables or rooflines.
  /// - Throws: ``InputError``: no such file, or columns that are none of the known ones.
  public init(path: String, choice: CostModelChoice = .auto) throws(InputError) {
    let file = try CommaSeparatedFile.load(path: path)
    let expectations = try Self.expectations(file)
    var predictor = KernelPredictor(choice: choice)
    rows = expectations.enumerated().map { index, expectation in
      predictor.row(expectation, line: index + 1)
    }
  }

  private static func expectations(_ file: CommaSeparatedFile) throws(InputError) -> [KernelExpectation] {
    let devices = DeviceFinder()
    let has = { (column: String) in file.columns.contains(column) }
    let rows = 0..<file.count
    if has("head_dim"), has("seq") { return rows.map(AttentionRows(file: file, devices: devices).expectation) }
    if has("tokens"), has("hidden") { return rows.map(ElementwiseRows(file: file, devices: devices).expectation) }
    if has("collective"), has("size_B") { return rows.map(CollectiveRows(file: file).expectation) }
    if has("m") && has("n") && has("k") || has("best_m") && has("best_n") && has("best_k") {
      return rows.map(ProductRows(file: file, devices: devices).expectation)
    }
    let problem = InputProblem(
      file: file.name, line: 1, column: 1,
      message: "found the columns \(file.columns.prefix(8).joined(separator: ", "))",
      advice: "expected those of measured products (m, n, k), attention (head_dim, seq), elementwise kernels (tokens, "
        + "hidden) or collectives (collective, size_B)")
    throw InputError(kind: .badInput, problems: [problem])
  }
}

/// Predicts rows; cost models are prepared once for each device and implementation of attention.
private struct KernelPredictor {
  private let choice: CostModelChoice
  private var models: [String: (any CostModel)?] = [:]

  init(choice: CostModelChoice) { self.choice = choice }

  mutating func row(_ expectation: KernelExpectation, line: Int) -> KernelValidation.Row {
    var price: KernelPrice?
    var reason: String?
    switch expectation.subject {
    case .unknown(let why): reason = why
    case .kernels(let device, let kernels, let attention):
      if let model = model(device, attention) {
        price = Self.sum(kernels.map { model.price(of: $0) })
      } else {
        reason = "the table of \(device.name) has no \(attention) attention"
      }
    case .collective(let cluster, let call, let ranks, let isRing):
      price = Self.price(call, ranks: ranks, isRing: isRing, cluster)
      if price == nil { reason = "no algorithm for \(ranks) ranks" }
    }
    if reason == nil, expectation.measured == nil { reason = "the row has neither a time nor a rate" }
    return KernelValidation.Row(
      line: line, gpu: expectation.gpu, kind: expectation.kind, measured: expectation.measured,
      predicted: price.map { $0.duration.value * 1e6 }, basis: price?.basis, skippedReason: reason,
      isLarge: expectation.isLarge)
  }

  /// Kernels one after the other rest on the weakest basis among them.
  private static func sum(_ prices: [KernelPrice]) -> KernelPrice {
    KernelPrice(
      duration: prices.reduce(.zero) { $0 + $1.duration },
      basis: prices.map(\.basis).max { $0.rawValue < $1.rawValue } ?? .derived)
  }

  /// The device's model; `nil` when its table has nothing of an implementation of attention.
  private mutating func model(_ device: DeviceSpec, _ attention: String) -> (any CostModel)? {
    let key = device.name + " " + attention
    if let known = models[key] { return known }
    let model = make(device, attention == "unfused" ? "flash" : attention)
    models[key] = .some(model)
    return model
  }

  private func make(_ device: DeviceSpec, _ attention: String) -> (any CostModel)? {
    guard choice != .roofline, let table = (try? Catalog.builtIn.kernelTable(for: device)) ?? nil else {
      return RooflineCostModel(device: device)
    }
    guard table.rows.contains(where: { $0.kind == .attention && $0.operation == attention }) else { return nil }
    return MeasuredCostModel(device: device, table: table, attention: attention)
  }

  private static func price(
    _ call: CollectiveCall, ranks: Int, isRing: Bool, _ cluster: Cluster
  ) -> KernelPrice? {
    let fabric = Fabric(cluster: cluster)
    let shape = GroupShape(ranks: 0..<ranks, cluster: cluster)
    let time =
      isRing
      ? RingAlgorithm().duration(call, over: shape, on: fabric)
      : CollectiveCost(fabric: fabric).best(call, over: shape)?.time
    return time.map { KernelPrice(duration: $0, basis: .derived) }
  }
}
