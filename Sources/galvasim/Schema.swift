import ArgumentParser
import GalvaSim

/// Which files have a schema.
enum SchemaKind: String, CaseIterable, ExpressibleByArgument {
  case scenario
  case device
  case link
  case cluster
  case model
  case sweep
}

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of a kind of file, for editors and validators.")

  @Argument(help: "Which kind of file.") var kind: SchemaKind

  func run() throws {
    try CommandFailure.wrapping {
      guard let text = Catalog.builtIn.schema(kind.rawValue) else {
        throw CommandFailure(status: 70, ["the schema of \(kind.rawValue) is not part of this build"])
      }
      StandardOutput.write(text)
    }
  }
}
