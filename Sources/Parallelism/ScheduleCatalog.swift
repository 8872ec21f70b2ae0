/// The registry of pipeline schedules.
///
/// To add one: write its file in the `Schedules` folder and its line in ``all``.
public enum ScheduleCatalog {
  /// Every schedule that has a name, in the order they are listed to people.
  public static let all: [any PipelineSchedule] = [
    GPipeSchedule(),
    OneForwardOneBackwardSchedule(),
    InterleavedSchedule(),
  ]

  /// The schedule of that name; `nil` when there is none.
  public static func named(_ name: String) -> (any PipelineSchedule)? { all.first { $0.name == name } }

  /// The schedule a plan chose; `nil` when the registry has no such name.
  public static func schedule(for choice: ScheduleChoice) -> (any PipelineSchedule)? {
    switch choice {
    case .named(let name): named(name)
    case .custom(let schedule): schedule
    }
  }
}
