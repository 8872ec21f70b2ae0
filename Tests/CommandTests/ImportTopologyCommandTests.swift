import Foundation
import Testing

@Suite("galvasim import of topologies")
struct ImportTopologyCommandTests {
  @Test func `an import prints a cluster file that a scenario can name`() throws {
    let folder = try ScratchFolder()
    let slurm = try folder.write("topology.conf", Data("SwitchName=leaf Nodes=n[1-2]\n".utf8))
    let imported = try Command.run(["import", "slurm-topology", slurm, "--base", "dgx-a100"])
    #expect(imported.status == 0, "\(imported.errors)")
    #expect(imported.output.contains("base: \"dgx-a100\"") && imported.output.contains("nodes: 2"))
    let cluster = try folder.write("imported.yaml", Data(imported.output.utf8))
    let outcome = try Command.run([
      "simulate", "Scenarios/runs/llama2-13b-2x-dgx-a100.yaml", "--set", "cluster=\(cluster)",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func `bad files and several files are refused`() throws {
    let folder = try ScratchFolder()
    let bad = try folder.write("topology.conf", Data("SwitchName=leaf Nodes=n[1-2\n".utf8))
    let outcome = try Command.run(["import", "slurm-topology", bad])
    #expect(outcome.status == 65 && outcome.errors.contains("topology.conf:1:1"))
    #expect(try Command.run(["import", "slurm-topology", bad, bad]).status == 64)
    #expect(try Command.run(["import", "nccl-topo-xml", folder.path("missing.xml")]).status == 66)
  }
}
