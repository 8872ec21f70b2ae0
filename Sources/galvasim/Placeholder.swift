import GalvaSim
@main
struct Placeholder {
  static func main() throws {
    let path = CommandLine.arguments[1]
    let expand = CommandLine.arguments.contains("--expand")
    let events = CommandLine.arguments.contains("--events")
    let s = try ScenarioFile.load(path: path)
    let setup = TrainingSetup(model: s.model, cluster: s.cluster, job: s.job, plan: s.plan, options: s.options)
    let clock = ContinuousClock()
    let t0 = clock.now
    let sim = try TrainingSimulation(setup)
    let t1 = clock.now
    let (p, m) = sim.compile(expandRanks: expand)
    let t2 = clock.now
    let trace = try TrainingSimulation.trace(programs: p, map: m, executor: events ? .events : .replay)
    let t3 = clock.now
    _ = trace.fingerprint
    let t4 = clock.now
    let r = try sim.run(executor: events ? .events : .replay, expandRanks: expand)
    let t5 = clock.now
    print("init \(t1 - t0) compile \(t2 - t1) exec \(t3 - t2) fp \(t4 - t3) run-all \(t5 - t4)")
    print("params", s.model.parameterCount, "tasks", trace.taskCount, "ranks", m.rankCount, "ops", p.operations.count, "fp", trace.fingerprint)
    print("iteration", r.iterationTime.seconds.value, "TFLOPs/GPU", r.modelRatePerRank.teraflops, "peak GiB", r.peakMemory.gibibytes, "cap", setup.memoryCapacity.gibibytes)
    for st in r.stages {
      let mem = zip(MemoryCategory.allCases, st.memory.byCategory).map { "\($0.name)=\(Double($1)/1e9)" }.joined(separator: " ")
      print("stage", st.stage, "compute", st.time.compute.seconds.value, "bubble", st.time.bubble.seconds.value, "exp", st.time.exposed.map { $0.seconds.value }, "opt", st.time.optimizer.seconds.value, "idle", st.time.idle.seconds.value, "mem", st.memory.bytes.gibibytes, mem, "left", st.memory.leftOver)
    }
    if let o = r.outOfMemory { print("OOM", o.rank, o.stage, o.task, o.requested, o.heldByLayer.prefix(3)) }
  }
}
