import Hardware

/// Which cost model prices kernels.
public enum CostModelChoice: String, CaseIterable, Hashable, Sendable {
  /// The table of the device where there is one, else the roofline.
  case auto
  /// The table of the device.
  case table
  /// The roofline of the device.
  case roofline
}

/// What kernels cost on each device: its table, or else its roofline.
public struct KernelCosts: Hashable, Sendable {
  /// What was asked for.
  public let choice: CostModelChoice
  /// Tables, at most one for each device.
  public let models: [MeasuredCostModel]

  /// Prices by tables; devices without one get rooflines.
  public init(choice: CostModelChoice = .roofline, models: [MeasuredCostModel] = []) {
    self.choice = choice
    self.models = models
  }

  /// The model of a device.
  public func model(for device: DeviceSpec) -> any CostModel {
    models.first { $0.device.name == device.name } ?? RooflineCostModel(device: device)
  }
}
