import Parallelism
import TestSupport
import Testing

@Suite("Schedule files of PyTorch")
struct ScheduleCSVTests {
  let shape = PipelineShape(ranks: 4, chunks: 1, microBatches: 8)

  private func file(_ name: String) throws -> String {
    try SharedData.text("torch_pp_schedules/\(name)_pp4_mb8.csv")
  }

  @Test(.enabled(if: SharedData.isPresent))
  func `GPipe equals PyTorch's`() throws {
    let reading = try ScheduleCSV.parse(try file("GPipe"), name: "torch")
    #expect(reading.schedule.actions == GPipeSchedule().actions(shape))
    #expect(reading.skippedCells == 8)
    #expect(reading.renumberedStages.isEmpty)
  }

  /// PyTorch numbers the last rank's forward passes 1...8; the reader brings them back to 0...7 and says so.
  @Test(.enabled(if: SharedData.isPresent))
  func `1F1B equals PyTorch's but for the last rank's numbering`() throws {
    let reading = try ScheduleCSV.parse(try file("1F1B"), name: "torch")
    #expect(reading.schedule.actions == OneForwardOneBackwardSchedule().actions(shape))
    #expect(reading.skippedCells == 8)
    #expect(reading.renumberedStages == [3])
  }

  @Test(.enabled(if: SharedData.isPresent))
  func `interleaved 1F1B equals PyTorch's, idle cells included`() throws {
    let text = try file("Interleaved1F1B")
    let two = PipelineShape(ranks: 4, chunks: 2, microBatches: 8)
    #expect(try ScheduleCSV.parse(text, name: "torch").schedule.actions == InterleavedSchedule().actions(two))
    let lines = text.split(whereSeparator: \.isNewline).joined(separator: "\n") + "\n"
    #expect(ScheduleCSV.text(slots: InterleavedSchedule().alignedSlots(two)) == lines)
  }

  @Test(
    .enabled(if: SharedData.isPresent),
    arguments: [
      "1F1B", "DualPipeV", "GPipe", "Interleaved1F1B", "InterleavedZeroBubble", "LoopedBFS", "ZBVZeroBubble",
    ])
  func `every file of PyTorch runs`(name: String) throws {
    let schedule = try ScheduleCSV.parse(try file(name), name: name).schedule
    #expect(schedule.shape.ranks == 4)
    #expect(schedule.shape.microBatches == 8)
    #expect(schedule.obstacle(schedule.shape) == nil)
    #expect(scheduleConformanceProblems(schedule, schedule.shape) == [])
    let written = ScheduleCSV.text(actions: schedule.actions)
    #expect(try ScheduleCSV.parse(written, name: name).schedule == schedule)
  }

  @Test(.enabled(if: SharedData.isPresent))
  func `V placements come from the actions`() throws {
    let schedule = try ScheduleCSV.parse(try file("ZBVZeroBubble"), name: "v").schedule
    #expect(schedule.ownPlacement == [[0, 7], [1, 6], [2, 5], [3, 4]])
    #expect(schedule.shape == PipelineShape(ranks: 4, chunks: 2, microBatches: 8))
  }

  @Test func `communication is skipped and pairs are flattened`() throws {
    let text = "0F0,0SEND_F0,,(0F1;0B0)OVERLAP_F_B,0B1,0UNSHARD\r\n"
    let reading = try ScheduleCSV.parse(text, name: "lowered")
    let expected: [ScheduleAction] = [
      .forward(stage: 0, microBatch: 0), .forward(stage: 0, microBatch: 1), .backward(stage: 0, microBatch: 0),
      .backward(stage: 0, microBatch: 1),
    ]
    #expect(reading.schedule.actions == [expected])
    #expect(reading.skippedCells == 2)
    #expect(reading.idleCells == 1)
    #expect(reading.overlappedPairs == 1)
  }

  @Test func `a bad cell is found by line and column`() {
    let bad = ScheduleCSVError.badCell(line: 2, cell: 3, column: 6, text: "1X1")
    #expect(throws: bad) { try ScheduleCSV.parse("0F0,0B0\n1F0,,1X1\n", name: "x") }
    #expect(bad.description.hasPrefix("line 2, column 6 (cell 3): '1X1'"))
    #expect(throws: ScheduleCSVError.missingMicroBatch(line: 1, cell: 1, column: 1, text: "0F")) {
      try ScheduleCSV.parse("0F", name: "x")
    }
    #expect(throws: ScheduleCSVError.noActions) { try ScheduleCSV.parse("\n\n", name: "x") }
  }

  @Test(arguments: ["F0", "0F0x", "-1F0", "0G0", "(0F0)OVERLAP_F_B", "(0F0;0B0)", "9999999F0", "0F0 0B0", "0f0"])
  func `anything else is refused`(cell: String) {
    #expect(throws: ScheduleCSVError.self) { try ScheduleCSV.parse(cell, name: "x") }
  }
}

@Suite("Impossible schedules")
struct ScheduleCheckTests {
  /// Rank 0 wants the gradient before rank 1 has seen the second micro-batch, rank 1 wants the second micro-batch first.
  @Test func `a deadlock names who waits for what`() {
    let actions: [[ScheduleAction]] = [
      [
        .forward(stage: 0, microBatch: 0), .backward(stage: 0, microBatch: 0), .forward(stage: 0, microBatch: 1),
        .backward(stage: 0, microBatch: 1),
      ],
      [
        .forward(stage: 1, microBatch: 0), .forward(stage: 1, microBatch: 1), .backward(stage: 1, microBatch: 0),
        .backward(stage: 1, microBatch: 1),
      ],
    ]
    let blocked = ScheduleCheck.deadlock(actions: actions, placement: [[0], [1]])
    #expect(
      blocked?.map(\.description) == [
        "rank 0 stands at 0B0 and waits for 1B0, which rank 1 has not reached",
        "rank 1 stands at 1F1 and waits for 0F1, which rank 0 has not reached",
      ])
    let schedule = CustomSchedule(name: "mine", actions: actions)
    #expect(schedule.obstacle(schedule.shape)?.hasPrefix("mine: deadlock; rank 0 stands at 0B0") == true)
  }

  @Test func `a rank can block itself`() throws {
    let actions: [[ScheduleAction]] = [[.backward(stage: 0, microBatch: 0), .forward(stage: 0, microBatch: 0)]]
    let blocked = try #require(ScheduleCheck.deadlock(actions: actions, placement: [[0]]))
    #expect(blocked.map(\.producer) == [0])
    #expect(blocked[0].description.hasSuffix("waits for 0F0, which rank 0 itself lists later"))
  }

  @Test func `something nobody runs is named so`() throws {
    let blocked = try #require(
      ScheduleCheck.deadlock(actions: [[.forward(stage: 1, microBatch: 0)]], placement: [[1]]))
    #expect(blocked[0].description.hasSuffix("waits for 0F0, which no rank lists"))
  }

  @Test func `incomplete and doubled actions are obstacles`() {
    let forward = ScheduleAction.forward(stage: 0, microBatch: 0)
    let backward = ScheduleAction.backward(stage: 0, microBatch: 0)
    let input = ScheduleAction.backwardInput(stage: 0, microBatch: 0)
    let cases: [([ScheduleAction], String)] = [
      ([forward], "x: 0B0 is missing"), ([forward, backward, backward], "x: 0B0 is listed twice"),
      ([forward, input], "x: 0W0 is missing"), ([forward, backward, input], "x: 0B0 is listed beside 0I0"),
      ([backward], "x: 0F0 is missing"),
    ]
    for (actions, text) in cases {
      let schedule = CustomSchedule(name: "x", actions: [actions])
      #expect(schedule.obstacle(schedule.shape)?.hasPrefix(text) == true, "\(text)")
    }
  }

  @Test func `a custom schedule refuses another shape`() {
    let shape = PipelineShape(ranks: 2, chunks: 1, microBatches: 4)
    let schedule = CustomSchedule(name: "x", actions: GPipeSchedule().actions(shape))
    #expect(schedule.obstacle(shape) == nil)
    #expect(schedule.obstacle(PipelineShape(ranks: 2, chunks: 1, microBatches: 8)) != nil)
  }
}
