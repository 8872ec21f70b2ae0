import Costing
import Foundation
import Quantities
import ScenarioIO
import Testing
import Workload

@Suite("Kernel tables")
struct KernelTableTests {
  static let header = """
    # format: galvasim-kernel-table 1
    # name: small
    # gpu: NVIDIA Test
    # device: a100-sxm-80gb
    # provenance: measured
    # source: test
    # date: 2026-01-01
    # driver: 555.1
    # multiprocessors: 108
    """
  static let columns =
    "kind,op,pass,format,layout,batch,m,n,k,heads,kv_heads,queries,keys,head_dim,causal,rows,width,bytes,time_us,"
    + "spread,repeats,alone_us"
  static let rows = [
    "gemm,matmul,forward,bf16,TN,1,4096,8192,1024,,,,,,,,,,300.5,0.01,50,",
    "grouped_gemm,grouped_gemm,wgrad,bf16,NT,8,1024,1024,512,,,,,,,,,,90,,,",
    "attention,flash,backward,fp16,,2,,,,32,8,4096,4096,128,1,,,,4000,,,",
    "elementwise,rms_norm,forward,bf16,,,,,,,,,,,,4096,8192,134217728,90,,,",
    "copy,d2h,,,,,,,,,,,,,,,,1048576,42,,,", "launch,graph,,,,,,,,,,,,,,,,,1.3,,,",
    "overlap,copy,forward,bf16,TN,1,4096,8192,1024,,,,,,,,,,330,,,300.5",
  ]
  static var text: String { ([header, columns] + rows).joined(separator: "\n") + "\n" }

  private func problems(_ text: String) -> [String] {
    do throws(InputError) {
      _ = try KernelTableFile.parse(text, file: "t.csv")
      return []
    } catch { return error.problems.map(\.description) }
  }

  private func problem(replacing old: String, with new: String) -> String {
    problems(Self.text.replacing(old, with: new)).joined(separator: "\n")
  }

  @Test func `a table is read`() throws {
    let table = try KernelTableFile.parse(Self.text, file: "t.csv")
    #expect(table.name == "small")
    #expect(table.device == "a100-sxm-80gb")
    #expect(table.origin == .measured)
    #expect(table.multiprocessors == 108)
    #expect(table.notes == [KernelTable.Note("driver", "555.1")])
    #expect(table.rows.count == 7)
    #expect(table.rows[0].kernel == .gemm(m: 4096, n: 8192, k: 1024, format: .bf16))
    #expect(table.rows[0].time == .microseconds(300.5))
    #expect(table.rows[0].repeats == 50)
    #expect(table.rows[1].kernel?.pass == .weightGradient)
    let attention = AttentionShape(
      batch: 2, heads: 32, queries: 4096, keys: 4096, headDimension: 128, isCausal: true, keyValueHeads: 8)
    #expect(table.rows[2].kernel == .attention(attention, format: .fp16, pass: .backward))
    #expect(table.rows[3].kernel?.traffic == Bytes(134_217_728))
    #expect(table.rows[6].alone == .microseconds(300.5))
    #expect(table.rows[4...].allSatisfy { $0.kernel == nil })
  }

  @Test func `text written is text read`() throws {
    let table = try KernelTableFile.parse(Self.text, file: "t.csv")
    #expect(try KernelTableFile.parse(KernelTableFile.text(table), file: "u.csv") == table)
  }

  @Test func `the HDF5 form holds the same`() throws {
    let table = try KernelTableFile.parse(Self.text, file: "t.csv")
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".h5").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try KernelTableFile.writeBinary(table, to: path)
    let read = try KernelTableFile.load(path: path)
    #expect(read.rows == table.rows)
    #expect(read.name == table.name && read.origin == table.origin && read.multiprocessors == 108)
    #expect(read.notes == table.notes)
  }

  @Test func `what is wrong is named with line and column`() {
    #expect(
      problem(
        replacing: "forward,bf16,TN,1,4096,8192,1024,,,,,,,,,,300.5",
        with: "foward,bf16,TN,1,4096,8192,1024,,,,,,,,,,300.5")
        == "t.csv:11:1: pass: found foward, expected forward, backward, dgrad or wgrad; did you mean \"forward\"?")
    #expect(
      problem(replacing: "300.5,0.01", with: "-3,0.01")
        == "t.csv:11:1: time_us: found -3, expected microseconds from 0.001 to 8.64e10")
    #expect(problem(replacing: "rms_norm", with: "rmsnorm").contains("t.csv:14:1: op: found rmsnorm"))
    #expect(
      problem(replacing: ",32,8,4096,4096,128,1,", with: ",,8,4096,4096,128,1,")
        == "t.csv:13:1: heads: found an empty cell, a row of kind attention needs it")
    #expect(problem(replacing: "time_us", with: "time_ms").contains("t.csv:10:1: time_us: found no such column"))
    #expect(problem(replacing: "# provenance: measured\n", with: "").contains("provenance: found no header line"))
    #expect(
      problem(replacing: "table 1", with: "table 2")
        == "t.csv:1:1: format: found galvasim-kernel-table 2, expected galvasim-kernel-table 1")
    #expect(problem(replacing: "42,,,", with: "42,,").contains("t.csv:15:1: found 21 cells, expected 22"))
  }

  @Test func `a kernel timed twice is refused`() {
    let text = Self.text + Self.rows[0].replacing("300.5", with: "301") + "\n"
    #expect(problems(text) == ["t.csv:18:1: found the kernel of line 11 again, keep one of the two"])
  }

  @Test func `a table without rows is refused`() {
    let text = [Self.header, Self.columns].joined(separator: "\n") + "\n"
    #expect(problems(text) == ["t.csv: found no row, expected at least one timed kernel"])
  }

  @Test func `every shipped table can be read and is of a device of the catalogue`() throws {
    let names = Catalog.builtIn.kernelTableNames
    #expect(names.count >= 18)
    for name in names {
      let table = try Catalog.builtIn.kernelTable(named: name)
      let device = try Catalog.builtIn.device(named: table.device ?? "")
      #expect(table.name == name)
      #expect(table.multiprocessors == device.multiprocessors)
      #expect(try Catalog.builtIn.kernelTable(for: device) != nil)
    }
  }

  @Test func `every device with known kernels has a table`() throws {
    for name in Catalog.builtIn.names(.device) {
      let device = try Catalog.builtIn.device(named: name)
      #expect((try Catalog.builtIn.kernelTable(for: device) != nil) == (DeviceTraits.of(device) != nil), "\(name)")
    }
  }

  @Test func `an unknown table is reported with the nearest name`() {
    #expect(throws: InputError.self) { try Catalog.builtIn.kernelTable(named: "a100-sxm-80g") }
  }
}

@Suite("Choice of costs")
struct CostsTests {
  private static let scenario = """
    schema_version: 1
    model: gpt2
    cluster: {base: dgx-a100, devices_per_node: 1}
    job: {global_batch: 1, sequence_length: 128, precision: bf16, micro_batch: 1}
    """

  private func load(_ overrides: [String]) throws(InputError) -> Scenario {
    try ScenarioFile.parse(
      Self.scenario, source: SourceFile(name: "s.yaml", directory: NSTemporaryDirectory()), overrides: overrides)
  }

  private func problem(_ overrides: [String]) -> String {
    do throws(InputError) {
      _ = try load(overrides)
      return ""
    } catch { return error.description }
  }

  private func file(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".csv").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test func `a table is used where there is one`() throws {
    #expect(try load([]).kernelCosts.models.map(\.table.name) == ["a100-sxm-80gb"])
    #expect(try load(["costs.model=roofline"]).kernelCosts.models.isEmpty)
    #expect(try load(["costs.model=table"]).kernelCosts.choice == .table)
  }

  @Test func `a file takes the place of the catalogue's table`() throws {
    let path = try file(KernelTableTests.text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let costs = try load(["costs.table=\(path)"]).kernelCosts
    #expect(costs.models.map(\.table.name) == ["small"])
    #expect(costs.choice == .table)
    #expect(
      problem(["costs.table=\(path)", "costs.model=roofline"]).contains("expected no table beside model: roofline"))
  }

  @Test func `a table of another device is refused`() throws {
    let path = try file(KernelTableTests.text.replacing("a100-sxm-80gb", with: "h100-sxm-80gb"))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(
      problem(["costs.table=\(path)"]).contains("found a table of h100-sxm-80gb, but the cluster has a100-sxm-80gb"))
    let other = try file(KernelTableTests.text.replacing("# multiprocessors: 108", with: "# multiprocessors: 132"))
    defer { try? FileManager.default.removeItem(atPath: other) }
    #expect(problem(["costs.table=\(other)"]).contains("found 132 multiprocessors in the table, 108 in a100-sxm-80gb"))
  }

  @Test func `wrong words and missing files are reported`() {
    #expect(problem(["costs.model=tabel"]).contains("did you mean \"table\"?"))
    #expect(problem(["costs.table=/nowhere/t.csv"]).contains("no such file"))
    #expect(problem(["costs.tables=x"]).contains("did you mean \"table\"?"))
  }
}
