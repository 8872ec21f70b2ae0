import ArgumentParser
import GalvaSim

/// The command line: parse, call the library, print, choose the exit status. No logic.
@main
struct Galvasim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "galvasim",
    abstract: "Replay training iterations of Transformers on clusters you describe, event by event.",
    discussion: """
      Exit status: 0 done; 10 does not fit (check, --detailed-exitcode); 11 impossible schedule; 12 no plan \
      fits (search); 64 usage; 65 bad input; 66 input missing; 70 internal; 74 input/output; 130 interrupted.
      """,
    version: toolVersion,
    subcommands: [
      Simulate.self, Check.self, Explain.self, Search.self, Sweep.self, Merge.self, ExportCommand.self,
      CatalogCommand.self, Schema.self, Import.self, DeriveKernels.self, Validate.self, ValidateKernels.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as CommandFailure {
      failure.report()
      exit(withError: ExitCode(failure.status))
    } catch {
      exit(withError: error)
    }
  }
}
