import Parallelism

/// Reads and writes the plan files of Hetu-Galvatron (a flat JSON mapping of numbers and comma-separated lists).
public enum GalvatronPlanFile {
  /// Reads a file.
  ///
  /// - Throws: ``InputError`` located at the field that is wrong.
  public static func load(path: String) throws(InputError) -> GalvatronPlan {
    try plan(SourceDocument.load(path: path))
  }

  /// The plan as JSON text, fields in Galvatron's order, with a final newline.
  public static func text(_ plan: GalvatronPlan) -> String {
    json(plan).indentedText + "\n"
  }

  /// The plan as Galvatron writes it itself, byte for byte: four spaces, no final newline.
  public static func galvatronText(_ plan: GalvatronPlan) -> String {
    let lines = plan.fields.map { field in
      switch field.value {
      case .integer(let number): "    \"\(field.key)\": \(number)"
      case .text(let text): "    \"\(field.key)\": \(JSONValue.text(text).compactText)"
      }
    }
    return "{\n" + lines.joined(separator: ",\n") + "\n}"
  }

  /// The plan as JSON.
  public static func json(_ plan: GalvatronPlan) -> JSONValue {
    .object(
      plan.fields.map { field in
        switch field.value {
        case .integer(let number): JSONField(field.key, .integer(number))
        case .text(let text): JSONField(field.key, .text(text))
        }
      })
  }

  /// The plan of a parsed document.
  static func plan(_ document: SourceDocument) throws(InputError) -> GalvatronPlan {
    let log = ProblemLog()
    let root = document.root
    guard root.isMapping else {
      log.add(root, path: "", expected: "a mapping with keys such as pp_deg and tp_sizes_enc")
      throw InputError(kind: .badInput, problems: log.problems)
    }
    let fields = root.entries.compactMap { entry in
      value(entry.value, path: entry.key, log).map { GalvatronPlan.Field(key: entry.key, value: $0) }
    }
    try log.throwIfAny()
    do throws(GalvatronPlanError) {
      return try GalvatronPlan(fields: fields)
    } catch { throw located("\(error)", root) }
  }

  /// The plan laid out on a cluster.
  static func layOut(
    _ plan: GalvatronPlan, _ root: DocumentNode, devices: Int
  ) throws(InputError) -> ParallelPlan {
    do throws(GalvatronPlanError) {
      return try ParallelPlan(galvatron: plan, devices: devices)
    } catch { throw located("\(error)", root) }
  }

  private static func value(_ node: DocumentNode, path: String, _ log: ProblemLog) -> GalvatronPlan.Value? {
    switch node.value {
    case .integer(let number) where countable.contains(number): return .integer(number)
    case .text(let text) where text.split(separator: ",").allSatisfy({ isCountable($0) }): return .text(text)
    case .integer, .text:
      log.add(node, path: path, expected: "numbers of at most \(countable.upperBound)")
      return nil
    default:
      log.add(node, path: path, expected: "a whole number or a text of comma-separated numbers")
      return nil
    }
  }

  /// Numbers whose products of two fit 64 bits.
  private static let countable = -1_000_000_000...1_000_000_000

  /// Words are left to the plan; numbers have to be countable.
  private static func isCountable(_ entry: Substring) -> Bool {
    let digits = entry.filter { !$0.isWhitespace }
    guard DecimalNumber.prefixLength(of: digits) == digits.utf8.count, !digits.isEmpty else { return true }
    return Int(digits).map { countable.contains($0) } ?? false
  }

  private static func located(_ description: String, _ root: DocumentNode) -> InputError {
    InputError(kind: .badInput, problems: [LocatedText(description, under: root, path: "").problem])
  }
}
