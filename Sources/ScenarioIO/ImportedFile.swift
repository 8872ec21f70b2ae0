import Foundation
import Parallelism

/// Single files of other programs, read on their own.
public enum ImportedFile {
  /// A Hugging Face `config.json` (or a model file of ours).
  ///
  /// - Throws: ``InputError`` with every problem.
  public static func model(path: String) throws(InputError) -> ModelDescription {
    let root = try SourceDocument.load(path: path).root
    let log = ProblemLog()
    guard root.isMapping, let model = ReferenceReader(catalog: .builtIn, log: log).model(root, path: "") else {
      try log.throwIfAny()
      throw InputError(
        kind: .badInput,
        problems: [InputProblem(file: path, message: "found no model", advice: "expected a config.json")])
    }
    try log.throwIfAny()
    return model
  }

  /// A pipeline schedule as PyTorch's CSV.
  ///
  /// - Throws: ``InputError`` located at the bad cell.
  public static func schedule(path: String) throws(InputError) -> ScheduleCSV.Reading {
    let content = try FileText.load(path: path)
    do throws(ScheduleCSVError) {
      return try ScheduleCSV.parse(content, name: (path as NSString).lastPathComponent)
    } catch {
      let problem = InputProblem(file: path, message: "\(error)", advice: "expected a pipeline schedule as CSV")
      throw InputError(kind: .badInput, problems: [problem])
    }
  }
}
