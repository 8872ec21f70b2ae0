import Foundation
import Parallelism
import Workload

/// What a plan is read for.
struct PlanSetting {
  let model: Model
  /// GPUs of the cluster.
  let devices: Int
  let job: TrainingJob
  /// `job.micro_batch`, where it is given.
  let microBatch: Int?
  let jobNode: DocumentNode
}

/// Reads the `plan` section in its four forms: uniform, per layer, a Galvatron file, a text.
struct PlanReader {
  let references: ReferenceReader
  let log: ProblemLog

  /// Reports unknown keys when the rest of the scenario is too broken to read the plan.
  func checkKeys(_ node: DocumentNode) { _ = MappingReader(node, path: "plan", keys: .plan, log: log) }

  /// The plan, free of violations; `nil` with problems recorded.
  func plan(_ node: DocumentNode, setting: PlanSetting) -> ParallelPlan? {
    guard let reader = MappingReader(node, path: "plan", keys: .plan, log: log) else { return nil }
    let before = log.problems.count
    let plan: ParallelPlan? =
      if reader.value("galvatron") != nil {
        galvatronPlan(reader, setting)
      } else if reader.value("text") != nil {
        textPlan(reader, setting)
      } else {
        DegreePlanReader(reader: reader, setting: setting, references: references).plan()
      }
    guard let plan, log.problems.count == before else { return nil }
    PlanCheck(node: node, log: log).check(plan, setting: setting)
    return log.problems.count == before ? plan : nil
  }

  private func textPlan(_ reader: MappingReader, _ setting: PlanSetting) -> ParallelPlan? {
    let isAlone = refuseKeys(of: reader, beside: "text", allowed: ["text"], setting)
    guard let node = reader.value("text"), let text = log.text(node, path: "plan.text"), isAlone else { return nil }
    guard Self.layerCount(text) <= 100_000 else {
      log.add(node, path: "plan.text", expected: "counts before * that add up to at most 100000 layers")
      return nil
    }
    do throws(PlanTextError) {
      return try ParallelPlan(text: text)
    } catch {
      addText("\(error)", node, path: "plan.text")
      return nil
    }
  }

  /// The sum of the counts before the stars of a plan text, so that a short text cannot fill the memory.
  private static func layerCount(_ text: String) -> Int {
    text.split(separator: "*", omittingEmptySubsequences: false).dropLast().reduce(0) { sum, part in
      let digits = String(part.reversed().prefix { $0.isNumber }.reversed())
      return min(1_000_000_000, sum + min(1_000_000_000, Int(digits) ?? 1_000_000_000))
    }
  }

  private func galvatronPlan(_ reader: MappingReader, _ setting: PlanSetting) -> ParallelPlan? {
    let isAlone = refuseKeys(of: reader, beside: "galvatron", allowed: ["galvatron", "schedule", "order"], setting)
    let expected = "the path of a Galvatron plan file"
    guard let node = reader.value("galvatron"), isAlone,
      let text = log.text(node, path: "plan.galvatron", expected: expected),
      let file = references.absolutePath(text, at: node.position, path: "plan.galvatron")
    else { return nil }
    do throws(InputError) {
      let document = try SourceDocument.load(path: file)
      let galvatron = try GalvatronPlanFile.plan(document)
      checkBatch(galvatron, document.root, setting)
      var plan = try GalvatronPlanFile.layOut(galvatron, document.root, devices: setting.devices)
      let order = PlanOrderReader(reader: reader, references: references)
      if reader.value("schedule") != nil { plan.schedule = order.schedule(virtualStages: 1) ?? plan.schedule }
      if let rankOrder = order.rankOrder(strategies: plan.layers) { plan.rankOrder = rankOrder }
      return plan
    } catch {
      log.adopt(error)
      return nil
    }
  }

  private func checkBatch(_ galvatron: GalvatronPlan, _ root: DocumentNode, _ setting: PlanSetting) {
    guard galvatron.globalBatch != setting.job.globalBatch, let node = setting.jobNode["global_batch"] else { return }
    log.add(node, path: "job.global_batch", expected: "\(galvatron.globalBatch), the global_bsz of the Galvatron plan")
  }

  /// Keys of the other forms contradict a whole plan.
  private func refuseKeys(
    of reader: MappingReader, beside form: String, allowed: [String], _ setting: PlanSetting
  ) -> Bool {
    let others = reader.node.entries.filter { !allowed.contains($0.key) && reader.keys.all.contains($0.key) }
    for entry in others {
      let keys = allowed.filter { $0 != form }
      log.add(
        at: entry.keyPosition, path: "plan.\(entry.key)", "found a key beside \(form), which is the whole plan",
        keys.isEmpty ? "remove one of them" : "expected only \(ProblemLog.list(keys)) beside it")
    }
    if let node = setting.jobNode["micro_batch"] {
      log.add(
        at: node.position, path: "job.micro_batch", "found it beside plan.\(form), which has its own micro-batches",
        "remove it")
    }
    return others.isEmpty && setting.microBatch == nil
  }

  private func addText(_ description: String, _ node: DocumentNode, path: String) {
    log.adopt(InputError(kind: .badInput, problems: [LocatedText(description, under: node, path: path).problem]))
  }
}

/// Turns the violations of a plan into problems at the keys that cause them.
struct PlanCheck {
  let node: DocumentNode
  let log: ProblemLog

  /// Records every violation; those that only repeat from layer to layer once, with a count.
  func check(_ plan: ParallelPlan, setting: PlanSetting) {
    guard hasCountableDegrees(plan, setting) else { return }
    let violations = plan.violations(model: setting.model, job: setting.job, devices: setting.devices)
    var seen: [(path: String, text: String, count: Int)] = []
    for violation in violations {
      let path = Self.withoutLayer(violation.path, isPerLayer: node["layers"] != nil)
      let prefix = violation.path + ": "
      let description = "\(violation)"
      let text = description.hasPrefix(prefix) ? String(description.dropFirst(prefix.count)) : description
      if let index = seen.firstIndex(where: { $0.path == path && $0.text == text }) {
        seen[index].count += 1
      } else {
        seen.append((path, text, 1))
      }
    }
    for finding in seen { record(finding) }
  }

  private func record(_ finding: (path: String, text: String, count: Int)) {
    let cut = finding.text.range(of: "; ", options: .backwards)
    let found = cut.map { String(finding.text[..<$0.lowerBound]) } ?? finding.text
    let advice = cut.map { String(finding.text[$0.upperBound...]) } ?? "change it"
    let repeated = finding.count > 1 ? " (\(finding.count) times)" : ""
    log.add(at: position(of: finding.path), path: finding.path, found + repeated, advice)
  }

  /// A plan whose degrees multiply beyond 64 bits is refused before anything is computed with them.
  private func hasCountableDegrees(_ plan: ParallelPlan, _ setting: PlanSetting) -> Bool {
    let strategies = [plan.embedding, plan.head] + plan.layers
    let isCountable = strategies.allSatisfy { strategy in
      let degrees = [
        strategy.tensorParallel, strategy.ulysses, strategy.contextParallel, strategy.dataParallel,
        strategy.expertParallel,
      ]
      return degrees.allSatisfy { (1...1_000_000_000).contains($0) }
    }
    let isProductSafe = isCountable && strategies.allSatisfy { Self.product($0) <= 1e15 }
    let isPipelineSafe =
      [plan.pipelineParallel, plan.microBatches, plan.rankOrder.pipelineStride ?? 1].allSatisfy {
        (1...1_000_000_000).contains($0)
      } && (1...100_000).contains(plan.virtualStages) && plan.layersPerStage.allSatisfy { (0...1_000_000).contains($0) }
    guard isProductSafe, isPipelineSafe else {
      let advice = "expected degrees whose product is the \(setting.devices) GPUs, and as many layers as the model has"
      log.add(at: node.position, path: "plan", "found degrees or counts that are far too large", advice)
      return false
    }
    return true
  }

  private static func product(_ strategy: LayerStrategy) -> Double {
    Double(strategy.tensorParallel) * Double(strategy.ulysses) * Double(strategy.contextParallel)
      * Double(strategy.dataParallel)
  }

  /// `plan.layers[7].tp` of a uniform plan is `plan.tp`: every layer says the same.
  private static func withoutLayer(_ path: String, isPerLayer: Bool) -> String {
    let renamed = path.replacingOccurrences(of: "plan.rank_order.stride", with: "plan.order")
    guard !isPerLayer, renamed.hasPrefix("plan.layers["), let end = renamed.firstIndex(of: "]") else { return renamed }
    return "plan" + renamed[renamed.index(after: end)...]
  }

  /// The deepest node the path leads to; the key itself where it stands in the file.
  private func position(of path: String) -> SourcePosition {
    var place = node
    for part in path.split(separator: ".").dropFirst() {
      let key = part.prefix { $0 != "[" }
      guard let next = place[String(key)] else { break }
      place = next
    }
    return place.position
  }
}
