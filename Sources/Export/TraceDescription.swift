/// What a result file tells about itself beyond the simulation: names, inputs, warnings.
public struct TraceDescription: Hashable, Sendable {
  /// A text that was read, kept as it was.
  public struct Input: Hashable, Sendable {
    /// Name of the dataset in `/inputs`, for example `scenario_file`; no slash.
    public var name: String
    /// The text.
    public var text: String

    /// Names a text.
    public init(name: String, text: String) {
      self.name = name
      self.text = text
    }
  }

  /// A further number of the summary.
  public struct Scalar: Hashable, Sendable {
    /// Name of the dataset in `/summary`; none of those that are there anyway, no slash.
    public var name: String
    /// The number.
    public var value: Double
    /// Unit in the spelling of UDUNITS, such as `s` or `byte`; `nil` for a plain number.
    public var units: String?

    /// Names a number.
    public init(name: String, value: Double, units: String? = nil) {
      self.name = name
      self.value = value
      self.units = units
    }
  }

  /// Name of the scenario, for people.
  public var scenarioName: String
  /// Version of the program that writes.
  public var toolVersion: String
  /// The command line, as the user would repeat it.
  public var command: String
  /// All inputs with their references resolved, as JSON: what the result follows from.
  public var resolvedInput: String
  /// Texts kept beside the resolved input.
  public var inputs: [Input]
  /// What the user should know about the result.
  public var warnings: [String]
  /// Further numbers for the summary.
  public var scalars: [Scalar]
  /// The seed of everything random; 0 where nothing is.
  public var seed: Int64

  /// Collects the texts.
  public init(
    scenarioName: String, toolVersion: String, command: String, resolvedInput: String, inputs: [Input] = [],
    warnings: [String] = [], scalars: [Scalar] = [], seed: Int64 = 0
  ) {
    self.scenarioName = scenarioName
    self.toolVersion = toolVersion
    self.command = command
    self.resolvedInput = resolvedInput
    self.inputs = inputs
    self.warnings = warnings
    self.scalars = scalars
    self.seed = seed
  }
}
