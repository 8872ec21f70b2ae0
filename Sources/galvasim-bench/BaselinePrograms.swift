import BaselineLoops
import ClusterSimulation
import Glibc

/// Compiled programs as the flat arrays of the C++ loops.
struct BaselinePrograms {
  private let operations: [baseline_operation]
  private let waits: [Int32]
  private let steps: [baseline_step]
  private let templates: [baseline_template]
  private let channels: [baseline_channel]
  private let rankSteps: [baseline_steps]
  private let firstRows: [Int64]
  private let programs: ProgramSet
  private let map: RankMap

  /// Copies the hot parts.
  init(programs: ProgramSet, map: RankMap) {
    self.programs = programs
    self.map = map
    operations = programs.operations.map {
      baseline_operation(
        duration: $0.duration, first_wait: $0.firstWait, wait_count: $0.waitCount, stream: $0.stream,
        role: $0.role.rawValue, link: $0.link, next_on_stream: $0.nextOnStream)
    }
    waits = programs.waits.map(\.code)
    steps = programs.steps.map {
      baseline_step(template_index: $0.template, micro_batch: $0.microBatch, first_row: $0.firstRow)
    }
    templates = programs.templates.map {
      baseline_template(first_operation: $0.firstOperation, operation_count: $0.operationCount)
    }
    channels = programs.channels.map { baseline_channel(peer_slot: $0.peerSlot, first_send_row: $0.firstSendRow) }
    rankSteps = map.programs.map {
      let program = programs.programs[Int($0)]
      return baseline_steps(first_step: program.firstStep, last_step: program.firstStep + program.stepCount)
    }
    firstRows = map.firstRows.map { Int64($0) }
  }

  /// A loop written in C++.
  typealias Loop = (UnsafePointer<baseline_programs>?, UnsafeMutablePointer<Int64>?, UnsafeMutablePointer<Int64>?) ->
    Int64

  /// Runs a loop on fresh columns, as our executors do.
  func run(_ loop: Loop) -> BaselineColumns {
    let columns = BaselineColumns(count: map.rowCount)
    operations.withUnsafeBufferPointer { operations in
      steps.withUnsafeBufferPointer { steps in
        templates.withUnsafeBufferPointer { templates in
          channels.withUnsafeBufferPointer { channels in
            rankSteps.withUnsafeBufferPointer { rankSteps in
              columns.rowsRun = call(
                loop, columns,
                baseline_programs(
                  operations: operations.baseAddress, waits: nil, steps: steps.baseAddress,
                  templates: templates.baseAddress, first_on_stream: nil, channels: channels.baseAddress,
                  send_rows: nil, rank_steps: rankSteps.baseAddress, first_rows: nil, peers: nil, groups: nil,
                  group_sizes: nil, rank_count: Int64(map.rankCount), group_count: Int64(map.groupSizes.count),
                  peer_slots: Int64(map.peerSlotCount), group_slots: Int64(map.groupSlotCount)))
            }
          }
        }
      }
    }
    return columns
  }

  /// Fills in the arrays of plain numbers and calls the loop.
  private func call(_ loop: Loop, _ columns: BaselineColumns, _ tables: baseline_programs) -> Int64 {
    var tables = tables
    return waits.withUnsafeBufferPointer { waits in
      programs.firstOnStream.withUnsafeBufferPointer { firstOnStream in
        programs.sendRows.withUnsafeBufferPointer { sendRows in
          firstRows.withUnsafeBufferPointer { firstRows in
            map.peers.withUnsafeBufferPointer { peers in
              map.groups.withUnsafeBufferPointer { groups in
                map.groupSizes.withUnsafeBufferPointer { groupSizes in
                  tables.waits = waits.baseAddress
                  tables.first_on_stream = firstOnStream.baseAddress
                  tables.send_rows = sendRows.baseAddress
                  tables.first_rows = firstRows.baseAddress
                  tables.peers = peers.baseAddress
                  tables.groups = groups.baseAddress
                  tables.group_sizes = groupSizes.baseAddress
                  return loop(&tables, columns.starts, columns.ends)
                }
              }
            }
          }
        }
      }
    }
  }
}

/// Columns written by a C++ loop.
final class BaselineColumns {
  /// Start of each row.
  let starts: UnsafeMutablePointer<Int64>
  /// End of each row.
  let ends: UnsafeMutablePointer<Int64>
  /// Rows in all.
  let count: Int
  /// Rows, or events, the loop says it ran.
  var rowsRun: Int64 = 0

  init(count: Int) {
    self.count = count
    starts = .allocate(capacity: count)
    ends = .allocate(capacity: count)
    adviseLargePages(starts)
    adviseLargePages(ends)
  }

  /// Gives the C++ loops memory of the kind our columns have, so that loops are compared and not page faults.
  private func adviseLargePages(_ column: UnsafeMutablePointer<Int64>) {
    let pageSize: UInt = 1 << 21
    let first = (UInt(bitPattern: column) + pageSize - 1) & ~(pageSize - 1)
    let end = UInt(bitPattern: column + count) & ~(pageSize - 1)
    guard end > first, let address = UnsafeMutableRawPointer(bitPattern: first) else { return }
    madvise(address, Int(end - first), Int32(MADV_HUGEPAGE))
  }

  deinit {
    starts.deallocate()
    ends.deallocate()
  }

  /// Whether the loop ran every task at the same times as one of our executors.
  func matches(_ columns: TimeColumns) -> Bool {
    rowsRun == Int64(count) && columns.count == count
      && columns.starts.elementsEqual(UnsafeBufferPointer(start: starts, count: count))
      && columns.ends.elementsEqual(UnsafeBufferPointer(start: ends, count: count))
  }
}
