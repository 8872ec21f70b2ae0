import ArgumentParser
import GalvaSim

/// What the catalogue holds.
enum CatalogKind: String, CaseIterable, ExpressibleByArgument {
  case gpu
  case link
  case cluster
  case model
  case kernelTable = "kernel-table"
  case schedule
  case collective
}

struct CatalogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalog",
    abstract: "List and show GPUs, links, clusters, models, kernel tables, schedules, collectives.",
    subcommands: [List.self, Show.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the entries of a kind, or of all kinds.")

    @Argument(help: "Which kind.") var kind: CatalogKind?
    @OptionGroup var output: OutputOptions

    func run() throws {
      try CommandFailure.wrapping {
        let kinds = kind.map { [$0] } ?? CatalogKind.allCases
        let lists = try kinds.map { ($0, try CatalogText.entries($0.rawValue)) }
        if output.json {
          output.print(
            .object(
              [JSONField("schema_version", 1)]
                + lists.map { kind, entries in
                  JSONField(
                    kind.rawValue,
                    .list(entries.map { ["name": .text($0.name), "title": .text($0.title)] }))
                }))
        } else {
          StandardOutput.write(lists.map { CatalogText.list($0.rawValue, $1) }.joined(separator: "\n"))
        }
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one entry with the source of every number.")

    @Argument(help: "Which kind.") var kind: CatalogKind
    @Argument(help: "Its name.") var name: String
    @OptionGroup var output: OutputOptions

    func run() throws {
      try CommandFailure.wrapping {
        let facts = try CatalogText.facts(kind.rawValue, name)
        if output.json {
          output.print(CatalogText.document(kind.rawValue, name, facts))
        } else {
          StandardOutput.write(try CatalogText.text(kind.rawValue, name, facts))
        }
      }
    }
  }
}
