import ClusterSimulation

/// A snapshot being written, device after device.
struct TorchSnapshot: ~Copyable {
  private let source: any TimelineSource
  private let overview: TimelineOverview
  private var writer: PickleWriter
  /// Where devices put their one segment.
  private static var base: Int64 { 0x7000_0000_0000 }
  /// What the allocator rounds sizes up to.
  private static var alignment: Int64 { 512 }
  private static var segmentAlignment: Int64 { 2 << 20 }

  init(_ source: any TimelineSource, writer: consuming PickleWriter) {
    self.source = source
    overview = source.overview
    self.writer = writer
  }

  /// Writes all devices; the n-th place is device n.
  mutating func write(places: [Int]) throws(ExportError) {
    var devices: [TorchDevice] = []
    for place in places { devices.append(try device(place)) }
    writer.beginDictionary()
    writer.put("segments")
    writer.beginList()
    for (index, device) in devices.enumerated() where !device.slots.isEmpty {
      try writeSegment(device, number: index)
      try writer.endItem()
    }
    writer.endList()
    writer.put("device_traces")
    writer.beginList()
    for device in devices {
      try writeTrace(device)
      try writer.endItem()
    }
    writer.endList()
    writer.put("allocator_settings")
    writer.beginDictionary()
    writer.endDictionary()
    writer.endDictionary()
  }

  /// Ends the file.
  consuming func finish() throws(ExportError) { try writer.finish() }

  /// The blocks of a rank with their addresses, up to the request that did not fit.
  private func device(_ place: Int) throws(ExportError) -> TorchDevice {
    let rank = overview.ranks[place]
    let failure = overview.failure.flatMap { $0.rank == rank.number ? $0 : nil }
    var names = Array(repeating: Int32(-1), count: rank.rows.count)
    try source.forEachTask(ofRank: place) { (task) throws(ExportError) in
      names[task.row - rank.rows.lowerBound] = Int32(task.kind.rawValue) << 24 | task.name
    }
    return TorchDevice(
      try source.memory(ofRank: place), capacity: rank.capacity, failure: failure, firstRow: rank.rows.lowerBound,
      taskNames: names, alignment: Self.alignment)
  }

  private mutating func writeSegment(_ device: TorchDevice, number: Int) throws(ExportError) {
    let active = device.slots.compactMap { $0.holds.map { device.blocks[$0].size } }
    let activeSlots = device.slots.filter { $0.holds != nil }.reduce(0) { $0 + $1.size }
    writer.beginDictionary()
    writer.put("device", Int64(number))
    writer.put("address", Self.base)
    writer.put("total_size", total(device))
    writer.put("allocated_size", activeSlots)
    writer.put("active_size", activeSlots)
    writer.put("requested_size", active.reduce(0, +))
    writer.put("stream", 0)
    writer.put("segment_type", "large")
    writer.put("segment_pool_id")
    writer.beginList()
    for _ in 0..<2 {
      writer.put(0)
      try writer.endItem()
    }
    writer.endList()
    writer.put("is_expandable")
    writer.put(true)
    writer.put("frames")
    writer.beginList()
    writer.endList()
    writer.put("blocks")
    writer.beginList()
    for slot in device.slots {
      try writeBlock(slot, device)
      try writer.endItem()
    }
    let rest = total(device) - device.slotBytes
    if rest > 0 {
      try writeBlock(TorchDevice.Slot(offset: device.slotBytes, size: rest, holds: nil), device)
      try writer.endItem()
    }
    writer.endList()
    writer.endDictionary()
  }

  private func total(_ device: TorchDevice) -> Int64 {
    (device.slotBytes + Self.segmentAlignment - 1) / Self.segmentAlignment * Self.segmentAlignment
  }

  private mutating func writeBlock(_ slot: TorchDevice.Slot, _ device: TorchDevice) throws(ExportError) {
    writer.beginDictionary()
    writer.put("address", Self.base + slot.offset)
    writer.put("size", slot.size)
    writer.put("requested_size", slot.holds.map { device.blocks[$0].size } ?? 0)
    writer.put("state", slot.holds == nil ? "inactive" : "active_allocated")
    try writeFrames(slot.holds.map { device.blocks[$0] }, device)
    writer.endDictionary()
  }

  private mutating func writeTrace(_ device: TorchDevice) throws(ExportError) {
    writer.beginList()
    if !device.slots.isEmpty {
      try writeEntry("segment_alloc", offset: 0, size: total(device), time: 0, of: nil, device)
    }
    for event in device.events {
      let block = event.block.map { device.blocks[$0] }
      let time = event.change.map { device.changes[$0].time.nanoseconds / 1000 } ?? 0
      switch event.action {
      case .take:
        try writeEntry("alloc", offset: event.offset, size: block?.size ?? 0, time: time, of: block, device)
      case .giveBack:
        for action in ["free_requested", "free_completed"] {
          try writeEntry(action, offset: event.offset, size: block?.size ?? 0, time: time, of: block, device)
        }
      }
    }
    if let failure = device.failure { try writeFailure(failure, device) }
    writer.endList()
  }

  private mutating func writeEntry(
    _ action: String, offset: Int64, size: Int64, time: Int64, of block: MemoryBlocks.Block?, _ device: TorchDevice
  ) throws(ExportError) {
    writer.beginDictionary()
    writer.put("action", action)
    writer.put("addr", Self.base + offset)
    writer.put("size", size)
    writer.put("stream", 0)
    writer.put("time_us", time)
    try writeFrames(block, device)
    writer.endDictionary()
    try writer.endItem()
  }

  private mutating func writeFailure(
    _ failure: TimelineOverview.Failure, _ device: TorchDevice
  ) throws(ExportError) {
    writer.beginDictionary()
    writer.put("action", "oom")
    writer.put("addr", 0)
    writer.put("size", failure.requested)
    writer.put("device_free", max(0, device.capacity - failure.held))
    writer.put("stream", 0)
    writer.put("time_us", failure.time / 1000)
    writer.put("frames")
    writer.beginList()
    try writeFrame(name: failure.task, file: "simulated task", line: 0)
    writer.endList()
    writer.endDictionary()
    try writer.endItem()
  }

  /// What a block is for, innermost first: the tensor, then the task that took it.
  private mutating func writeFrames(_ block: MemoryBlocks.Block?, _ device: TorchDevice) throws(ExportError) {
    writer.put("frames")
    writer.beginList()
    if let block {
      try writeFrame(name: block.label, file: block.category.name, line: Int64(max(block.layer, 0)))
      if block.takenBy >= 0 {
        let row = device.changes[block.takenBy].row
        let code = device.taskNames[row - device.firstRow]
        let kind = TaskKind(rawValue: UInt8(truncatingIfNeeded: code >> 24))?.name ?? "task"
        try writeFrame(
          name: "\(kind) \(overview.names[Int(code & 0xFF_FFFF)])", file: "simulated task", line: Int64(row))
      }
    }
    writer.endList()
  }

  private mutating func writeFrame(name: String, file: String, line: Int64) throws(ExportError) {
    writer.beginDictionary()
    writer.put("name", name)
    writer.put("filename", file)
    writer.put("line", line)
    writer.endDictionary()
    try writer.endItem()
  }
}

extension MemoryBlocks.Block {
  /// What the block holds, for people, such as `act layer 7 mb 3`.
  var label: String {
    let names: [MemoryCategory: String] = [
      .parameters: "param", .gradients: "grad", .optimizer: "optim", .activations: "act", .recompute: "recompute",
      .gathered: "gathered", .communication: "comm buffer", .workspace: "workspace", .context: "context",
    ]
    var text = names[category] ?? category.name
    if layer >= 0 { text += " layer \(layer)" }
    if microBatch >= 0 { text += " mb \(microBatch)" }
    return text
  }
}
