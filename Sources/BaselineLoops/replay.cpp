// Replay without a queue: a start is the maximum of known ends.
#include <algorithm>
#include <vector>

#include "baseline_loops.h"

namespace {

struct Cursor {
  int32_t step = 0;
  int32_t operation = 0;
  int32_t rows_done = 0;
  bool awaits_message = false;
  int64_t granted_start = -1;
};

struct Gathering {
  std::vector<int32_t> waiting;
  int64_t start = 0;
};

struct Replay {
  const baseline_programs &p;
  int64_t *starts;
  int64_t *ends;
  std::vector<int64_t> stream_ends;
  std::vector<Cursor> cursors;
  std::vector<Gathering> gatherings;
  std::vector<int32_t> ready;

  Replay(const baseline_programs &programs, int64_t *starts, int64_t *ends)
      : p(programs), starts(starts), ends(ends), stream_ends(programs.rank_count * BASELINE_STREAMS, 0),
        cursors(programs.rank_count), gatherings(programs.group_count) {
    for (int64_t rank = p.rank_count - 1; rank >= 0; --rank) {
      cursors[rank].step = p.rank_steps[rank].first_step;
      ready.push_back(int32_t(rank));
    }
  }

  int64_t run() {
    while (!ready.empty()) {
      const int32_t rank = ready.back();
      ready.pop_back();
      advance(rank);
    }
    int64_t rows = 0;
    for (const Cursor &cursor : cursors) rows += cursor.rows_done;
    return rows;
  }

  // Runs a rank until it ends or has to wait.
  void advance(int32_t rank) {
    Cursor &cursor = cursors[rank];
    int64_t *const streams = &stream_ends[size_t(rank) * BASELINE_STREAMS];
    for (; cursor.step < p.rank_steps[rank].last_step; ++cursor.step, cursor.operation = 0) {
      const baseline_step step = p.steps[cursor.step];
      const baseline_template range = p.templates[step.template_index];
      const baseline_operation *const operations = p.operations + range.first_operation;
      int64_t *const step_starts = starts + p.first_rows[rank] + step.first_row;
      int64_t *const step_ends = ends + p.first_rows[rank] + step.first_row;
      for (int32_t index = cursor.operation; index < range.operation_count; ++index) {
        const baseline_operation &operation = operations[index];
        int64_t start = streams[operation.stream];
        const int32_t *wait = p.waits + operation.first_wait;
        for (const int32_t *const last = wait + operation.wait_count; wait != last; ++wait)
          start = std::max(start, *wait >= 0 ? step_ends[*wait] : streams[-1 - *wait]);
        int64_t end = start + operation.duration;
        if (operation.role != BASELINE_LOCAL) {
          cursor.operation = index;
          cursor.rows_done = step.first_row + index;
          if (!meet(rank, cursor, operation, step.micro_batch, start, end)) return;
        }
        step_starts[index] = start;
        step_ends[index] = end;
        streams[operation.stream] = end;
      }
    }
    cursor.rows_done = int32_t(p.first_rows[rank + 1] - p.first_rows[rank]);
  }

  // Meets other ranks; false when this one has to wait.
  bool meet(
      int32_t rank, Cursor &cursor, const baseline_operation &operation, int32_t micro_batch, int64_t &start,
      int64_t &end) {
    if (operation.role == BASELINE_SEND) {
      const int32_t receiver = p.peers[rank * p.peer_slots + operation.link];
      if (cursors[receiver].awaits_message) {
        cursors[receiver].awaits_message = false;
        ready.push_back(receiver);
      }
      return true;
    }
    if (operation.role == BASELINE_RECEIVE) {
      const baseline_channel channel = p.channels[operation.link];
      const int32_t sender = p.peers[rank * p.peer_slots + channel.peer_slot];
      const int32_t row = p.send_rows[channel.first_send_row + micro_batch];
      if (row < 0 || row >= cursors[sender].rows_done) {
        cursor.awaits_message = true;
        return false;
      }
      end = std::max(start, ends[p.first_rows[sender] + row]);
      start = std::max(start, starts[p.first_rows[sender] + row]);
      return true;
    }
    if (cursor.granted_start < 0 && !arrive(rank, p.groups[rank * p.group_slots + operation.link], start)) return false;
    start = cursor.granted_start;
    end = start + operation.duration;
    cursor.granted_start = -1;
    return true;
  }

  // Reaches a group; the last one grants the start to all.
  bool arrive(int32_t rank, int32_t group, int64_t time) {
    Gathering &gathering = gatherings[group];
    gathering.start = std::max(gathering.start, time);
    if (int32_t(gathering.waiting.size()) + 1 < p.group_sizes[group]) {
      gathering.waiting.push_back(rank);
      return false;
    }
    for (int32_t other : gathering.waiting) {
      cursors[other].granted_start = gathering.start;
      ready.push_back(other);
    }
    cursors[rank].granted_start = gathering.start;
    gathering.waiting.clear();
    gathering.start = 0;
    return true;
  }
};

}  // namespace

int64_t baseline_replay(const baseline_programs *programs, int64_t *starts, int64_t *ends) {
  return Replay(*programs, starts, ends).run();
}
