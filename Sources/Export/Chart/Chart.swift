/// Lines over a common axis, in one panel or several: what a chart shows, not how.
public struct Chart: Hashable, Sendable {
  /// One value on a line.
  public struct Point: Hashable, Sendable {
    /// Place on the axis from left to right: an index of ``Chart/ticks``.
    public let tick: Int
    /// Height; `nil` where there is none, which the chart marks below the axis.
    public let value: Double?
    /// What is written at the point.
    public let label: String
    /// What a pointer shows.
    public let detail: String

    /// Describes a point.
    public init(tick: Int, value: Double?, label: String, detail: String) {
      self.tick = tick
      self.value = value
      self.label = label
      self.detail = detail
    }
  }

  /// One panel: a list of points for each name of ``Chart/lines``, in the order of the ticks.
  public struct Panel: Hashable, Sendable {
    /// What it shows.
    public let title: String
    /// Points by line.
    public let points: [[Point]]

    /// Describes a panel.
    public init(title: String, points: [[Point]]) {
      self.title = title
      self.points = points
    }
  }

  /// One place on the axis from left to right.
  public struct Tick: Hashable, Sendable {
    /// Where: any number, only differences or ratios count.
    public let place: Double
    /// Its name.
    public let label: String

    /// Describes a place.
    public init(place: Double, label: String) {
      self.place = place
      self.label = label
    }
  }

  /// What the chart is about.
  public var title: String
  /// A second line; may be empty.
  public var subtitle: String
  /// What is drawn from left to right.
  public var xTitle: String
  /// What is drawn upwards.
  public var yTitle: String
  /// What a point without a value means, such as `OOM`.
  public var missingTitle: String
  /// Places from left to right.
  public var ticks: [Tick]
  /// Whether ratios of places count, not differences; all must be above zero then.
  public var isLogX = false
  /// Whether ratios of values count, not differences; values of zero are not drawn then.
  public var isLogY = false
  /// Names of the lines.
  public var lines: [String]
  /// The panels.
  public var panels: [Panel]

  /// Describes a chart.
  public init(
    title: String, subtitle: String, xTitle: String, yTitle: String, missingTitle: String, ticks: [Tick],
    lines: [String], panels: [Panel]
  ) {
    self.title = title
    self.subtitle = subtitle
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.missingTitle = missingTitle
    self.ticks = ticks
    self.lines = lines
    self.panels = panels
  }
}
