/// Reads changes of keys: from `set`, from values of axes, from variants.
struct SweepChangeReader {
  let settings: SweepSettingsReader
  var log: ProblemLog { settings.log }

  /// The changes of a mapping from keys to values; `nil` with problems recorded.
  func changes(_ node: DocumentNode, path: String) -> [SweepChange]? {
    guard node.isMapping else {
      log.add(node, path: path, expected: "a mapping from keys of the scenario to values")
      return nil
    }
    let found = node.entries.compactMap { entry in
      change(entry.key, entry.value, keyPosition: entry.keyPosition, path: path)
    }
    return found.count == node.entries.count ? found : nil
  }

  /// One change; `nil` with a problem recorded.
  func change(_ key: String, _ value: DocumentNode, keyPosition: SourcePosition, path: String) -> SweepChange? {
    let task = settings.task.rawValue
    let first = String(key.prefix { $0 != "." && $0 != "[" })
    if SweepSpec.Task(rawValue: first) != nil {
      let name = String(key.dropFirst(first.count + 1))
      guard first == task, settings.keys.all.contains(name) else {
        let expected = settings.keys.all.map { "\(task).\($0)" }
        log.add(
          at: keyPosition, path: path, "found the key \(JSONValue.text(key).compactText)",
          "expected a key of the scenario, \(ProblemLog.list(expected))",
          suggestion: Spelling.nearest(to: key, among: expected))
        return nil
      }
      return settings.setting(name, value, path: key).map {
        SweepChange(path: key, value: value, target: .setting($0))
      }
    }
    let sections = KeySet.scenario.all.filter { $0 != "schema_version" }
    guard sections.contains(first), let change = TreeOverride(path: key, value: value) else {
      log.add(
        at: keyPosition, path: path, "found the key \(JSONValue.text(key).compactText)",
        "expected a key of the scenario such as options.memory_limit, or of \(task) such as \(task).\(settings.keys.all[0])",
        suggestion: Spelling.nearest(to: first, among: sections + [task]))
      return nil
    }
    return SweepChange(path: key, value: value, target: .scenario(change))
  }
}

/// Reads the axes of a sweep.
struct SweepAxisReader {
  let changes: SweepChangeReader
  /// Names that axes may not take.
  let columns: [String]
  let log: ProblemLog

  /// The axes; `nil` with problems recorded.
  func axes(_ node: DocumentNode) -> [SweepAxis]? {
    guard !node.items.isEmpty else {
      log.add(node, path: "axes", expected: "a list of axes: {name, key, values}, {name, zip} or {name, variants}")
      return nil
    }
    let axes = node.items.enumerated().compactMap { axis($1, path: "axes[\($0)]") }
    guard axes.count == node.items.count else { return nil }
    for (index, axis) in axes.enumerated() where axes[..<index].contains(where: { $0.name == axis.name }) {
      log.add(
        at: node.items[index].position, path: "axes[\(index)]", "found a second axis \(axis.name)",
        "give it a name of its own")
    }
    for (index, axis) in axes.enumerated() {
      guard let key = axis.key, axes[..<index].contains(where: { $0.key == key }) else { continue }
      log.add(
        at: node.items[index].position, path: "axes[\(index)]", "found a second axis of values for \(key)",
        "put all values into one axis")
    }
    var points = 1
    for axis in axes {
      points *= axis.values.count
      guard points <= SweepFile.maximumPoints else {
        log.add(
          at: node.position, path: "axes", "found more than \(SweepFile.maximumPoints) points",
          "make it several sweeps")
        return nil
      }
    }
    return axes
  }

  private func axis(_ node: DocumentNode, path: String) -> SweepAxis? {
    guard let reader = MappingReader(node, path: path, keys: .sweepAxis, log: log) else { return nil }
    let forms = ["values", "zip", "variants"].filter { reader.value($0) != nil }
    guard forms.count == 1, let form = forms.first, let list = reader.value(form) else {
      log.add(
        at: node.position, path: path, "found \(forms.isEmpty ? "no values" : ProblemLog.list(forms))",
        "expected one of values, zip or variants")
      return nil
    }
    let key = reader.text("key")
    if (form == "values") != (key != nil) {
      log.add(
        at: node.position, path: path, key == nil ? "found no key" : "found a key",
        key == nil ? "expected the key that the values are for" : "expected none: \(form) names its keys itself")
      return nil
    }
    let last = key?.split(separator: ".").last.map(String.init)
    guard let name = reader.text("name") ?? last else {
      _ = reader.require("name", "a name for tables and files")
      return nil
    }
    guard !columns.contains(name), name.allSatisfy({ $0.isLetter || $0.isNumber || "_-. ".contains($0) }) else {
      log.add(
        at: node.position, path: "\(path).name", "found the name \(JSONValue.text(name).compactText)",
        columns.contains(name)
          ? "choose another: results have a column of that name" : "use letters, digits, spaces, \"_\", \"-\" and \".\""
      )
      return nil
    }
    let values = values(form, list, key: key, position: node.position, path: path)
    guard let values, areDistinct(values, list, path: "\(path).\(form)") else { return nil }
    return SweepAxis(name: name, key: key, values: values)
  }

  private func values(
    _ form: String, _ list: DocumentNode, key: String?, position: SourcePosition, path: String
  ) -> [SweepValue]? {
    switch form {
    case "values":
      guard let items = items(list, path: "\(path).values") else { return nil }
      let found = items.compactMap { item in
        changes.change(key ?? "", item, keyPosition: position, path: "\(path).key").map {
          SweepValue(label: item.label, changes: [$0])
        }
      }
      return found.count == items.count ? found : nil
    case "zip": return zipped(list, path: "\(path).zip")
    default: return variants(list, path: "\(path).variants")
    }
  }

  private func items(_ list: DocumentNode, path: String) -> [DocumentNode]? {
    guard list.items.isEmpty else { return list.items }
    log.add(list, path: path, expected: "a list with at least one value")
    return nil
  }

  /// Several keys that change together: the first values of all, the second of all, and so on.
  private func zipped(_ node: DocumentNode, path: String) -> [SweepValue]? {
    let lists = node.entries.map(\.value.items)
    guard let count = lists.first?.count, count > 0, lists.allSatisfy({ $0.count == count }) else {
      log.add(node, path: path, expected: "a mapping from keys to lists of one length")
      return nil
    }
    let values = (0..<count).compactMap { index -> SweepValue? in
      let found = node.entries.compactMap { entry in
        changes.change(entry.key, entry.value.items[index], keyPosition: entry.keyPosition, path: path)
      }
      guard found.count == lists.count else { return nil }
      return SweepValue(label: lists.map { $0[index].label }.joined(separator: "/"), changes: found)
    }
    return values.count == count ? values : nil
  }

  private func variants(_ node: DocumentNode, path: String) -> [SweepValue]? {
    guard let items = items(node, path: path) else { return nil }
    let values = items.enumerated().compactMap { index, item -> SweepValue? in
      let path = "\(path)[\(index)]"
      guard let reader = MappingReader(item, path: path, keys: .sweepVariant, log: log) else { return nil }
      let name = reader.requiredText("name")
      let set = reader.require("set", "a mapping from keys to values")
      guard let name, let found = set.flatMap({ changes.changes($0, path: "\(path).set") }) else { return nil }
      return SweepValue(label: name, changes: found)
    }
    return values.count == items.count ? values : nil
  }

  private func areDistinct(_ values: [SweepValue], _ list: DocumentNode, path: String) -> Bool {
    var seen: Set<String> = []
    guard let twice = values.first(where: { !seen.insert($0.label).inserted }) else { return true }
    log.add(
      at: list.position, path: path, "found \(JSONValue.text(twice.label).compactText) twice", "keep one of them")
    return false
  }
}

extension DocumentNode {
  /// The value as a name: a scalar as it was written, anything else as JSON.
  var label: String {
    if let text { return text }
    return written.isEmpty ? json.compactText : written
  }
}
