import Costing
import Hardware
import Parallelism
import Quantities
import ScenarioIO
import Workload

/// What a file of another program means here, in a form scenario files accept.
public enum ImportText {
  /// A Hugging Face configuration: what was understood, checked by counting the parameters.
  ///
  /// - Throws: ``InputError``.
  public static func model(path: String) throws(InputError) -> String {
    let description = try ImportedFile.model(path: path)
    let model = try description.model(sequenceLength: nil)
    let used = description.configuration.sorted { $0.key < $1.key }.map { "    \($0.key): \(yaml($0.value))" }
    return (["# \(model.parameterCount) parameters in \(model.blocks.count) blocks", "model:", "  config:"] + used)
      .joined(separator: "\n") + "\n"
  }

  /// A Galvatron plan as a plan of ours; every default is stated.
  ///
  /// - Throws: ``InputError``.
  public static func plan(path: String, devices: Int?) throws(InputError) -> String {
    let galvatron = try GalvatronPlanFile.load(path: path)
    guard let devices = devices ?? galvatron.worldSize else {
      throw InputError(
        kind: .badInput,
        problems: [
          InputProblem(
            file: path, message: "found no world_size", advice: "say how many GPUs the plan runs on with --gpus")
        ])
    }
    do throws(GalvatronPlanError) {
      let plan = try ParallelPlan(galvatron: galvatron, devices: devices)
      return """
        # \(galvatron.globalBatch) sequences, \(galvatron.chunks) micro-batches, \
        pipeline \(galvatron.pipelineType ?? "gpipe (default)"), \
        data parallelism \(galvatron.defaultDataParallel ?? "ddp (default)")
        job:
          global_batch: \(galvatron.globalBatch)
        plan:
          text: "\(plan.text)"

        """
    } catch {
      throw InputError(
        kind: .badInput,
        problems: [InputProblem(file: path, message: "\(error)", advice: "expected a Galvatron plan")])
    }
  }

  /// A PyTorch schedule: its size, what was left out, and its grid.
  ///
  /// - Throws: ``InputError``.
  public static func schedule(path: String) throws(InputError) -> String {
    let reading = try ImportedFile.schedule(path: path)
    let shape = reading.schedule.shape
    let renumbered = reading.renumberedStages.map(String.init).joined(separator: ", ")
    let notes = [
      "# \(shape.ranks) ranks, \(shape.chunks) virtual stages each, \(shape.microBatches) micro-batches",
      "# left out: \(reading.skippedCells) cells of communication, \(reading.idleCells) idle cells",
      reading.overlappedPairs > 0 ? "# \(reading.overlappedPairs) overlapped pairs run one after the other" : nil,
      renumbered.isEmpty ? nil : "# micro-batches of stage \(renumbered) renumbered from 0",
    ].compactMap { $0 }
    let grid = ScheduleGrid(actions: reading.schedule.actions, placement: reading.schedule.ownPlacement)
    return (notes + ["plan:", "  schedule: \(path)", "", grid.description]).joined(separator: "\n") + "\n"
  }

  /// Runs of nccl-tests as a table of measured collectives, what was used and left out in comments.
  ///
  /// - Throws: ``InputError``.
  public static func collectives(paths: [String], operation: String?, name: String) throws(InputError) -> String {
    let known = operation.flatMap(CollectiveTable.Operation.init(rawValue:))
    if let operation, known == nil {
      let names = CollectiveTable.Operation.allCases.map(\.rawValue).joined(separator: ", ")
      let problem = InputProblem(file: "--operation", message: "found \(operation)", advice: "expected one of \(names)")
      throw InputError(kind: .badInput, problems: [problem])
    }
    let reading = try CollectiveTableImport.load(paths: paths, operation: known, name: name)
    return CollectiveTableFile.text(reading.table, notes: reading.notes)
  }

  /// A trace of the PyTorch profiler as a kernel table.
  ///
  /// - Throws: ``InputError``.
  public static func profilerTrace(
    path: String, device: String?, name: String, date: String
  ) throws(InputError) -> KernelTable {
    try ProfilerTraceImport.load(path: path, device: device, name: name, date: date)
  }

  /// What a Galvatron profile was taken of.
  ///
  /// - Throws: ``InputError`` for unknown names and words.
  public static func profileSetting(
    model: String, device: String, precision: String, attention: String, batch: Int
  ) throws(InputError) -> GalvatronProfileImport.Setting {
    let isFile = model.contains("/") || model.hasSuffix(".json") || model.hasSuffix(".yaml")
    return GalvatronProfileImport.Setting(
      model: isFile ? try ImportedFile.model(path: model) : try Catalog.builtIn.model(named: model),
      device: try Catalog.builtIn.device(named: device), format: try word("--precision", precision, NumberFormat.self),
      attention: try word("--attention", attention, AttentionImplementation.self), batch: batch)
  }

  private static func word<Word: RawRepresentable & CaseIterable>(
    _ option: String, _ text: String, _: Word.Type
  ) throws(InputError) -> Word where Word.RawValue == String {
    if let word = Word(rawValue: text) { return word }
    let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
    throw InputError(
      kind: .badInput,
      problems: [InputProblem(file: option, message: "found \(text)", advice: "expected one of \(words)")])
  }

  /// Writes a kernel table as HDF5.
  ///
  /// - Throws: ``ExportError``.
  public static func write(_ table: KernelTable, to path: String) throws(ExportError) {
    do {
      try KernelTableFile.writeBinary(table, to: path)
    } catch { throw ExportError(error, path: path) }
  }

  /// The nodes that `nvidia-smi topo -m` printed, one file each, as a cluster.
  ///
  /// - Throws: ``InputError``.
  public static func nvidiaTopology(paths: [String], choices: ImportChoices) throws(InputError) -> String {
    try ImportedCluster.nvidiaTopology(paths: paths, choices: choices).text
  }

  /// An NCCL topology file as a cluster.
  ///
  /// - Throws: ``InputError``.
  public static func collectiveTopology(path: String, choices: ImportChoices) throws(InputError) -> String {
    try ImportedCluster.collectiveTopology(path: path, choices: choices).text
  }

  /// A Slurm topology file as a cluster.
  ///
  /// - Throws: ``InputError``.
  public static func slurmTopology(path: String, choices: ImportChoices) throws(InputError) -> String {
    try ImportedCluster.slurmTopology(path: path, choices: choices).text
  }

  private static func yaml(_ value: ConfigurationValue) -> String {
    switch value {
    case .null: "null"
    case .boolean(let flag): flag ? "true" : "false"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .text(let text): JSONValue.text(text).compactText
    case .list(let items): "[" + items.map(yaml).joined(separator: ", ") + "]"
    }
  }
}
