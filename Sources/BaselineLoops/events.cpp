// Event by event, in time order: each stream of each rank starts its next operation when it may.
#include <algorithm>
#include <queue>
#include <vector>

#include "baseline_loops.h"
#include "quaternary_heap.hpp"

namespace {

struct Event {
  int64_t time;
  uint64_t sequence;
  uint32_t payload;
};

struct Later {
  bool operator()(const Event &a, const Event &b) const {
    return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
  }
};

// The textbook queue.
struct StandardQueue {
  std::priority_queue<Event, std::vector<Event>, Later> events;
  uint64_t sequence = 0;

  bool empty() const { return events.empty(); }
  void push(int64_t time, uint32_t payload) { events.push(Event{time, sequence++, payload}); }
  void pop(int64_t &time, uint32_t &payload) {
    time = events.top().time;
    payload = events.top().payload;
    events.pop();
  }
};

constexpr int32_t finished = INT32_MAX;

struct Head {
  int32_t step = -1;
  int32_t operation = -1;
  bool has_arrived = false;
};

template <typename Queue> struct Simulation {
  const baseline_programs &p;
  int64_t *starts;
  int64_t *ends;
  std::vector<Head> heads;
  std::vector<uint8_t> waiting;
  std::vector<std::vector<int32_t>> gatherings;
  Queue queue;

  Simulation(const baseline_programs &programs, int64_t *starts, int64_t *ends)
      : p(programs), starts(starts), ends(ends), heads(programs.rank_count * BASELINE_STREAMS),
        waiting(programs.rank_count, 0), gatherings(programs.group_count) {
    std::fill(starts, starts + p.first_rows[p.rank_count], -1);
    std::fill(ends, ends + p.first_rows[p.rank_count], -1);
  }

  int64_t run() {
    for (int64_t slot = 0; slot < int64_t(heads.size()); ++slot) {
      heads[slot].step = p.rank_steps[slot / BASELINE_STREAMS].first_step - 1;
      next_step(slot);
    }
    for (int64_t slot = 0; slot < int64_t(heads.size()); ++slot) try_start(slot, 0);
    int64_t handled = 0;
    while (!queue.empty()) {
      int64_t now;
      uint32_t payload;
      queue.pop(now, payload);
      ++handled;
      handle(payload, now);
    }
    return handled;
  }

  void handle(int64_t slot, int64_t now) {
    const int64_t rank = slot / BASELINE_STREAMS;
    const Head head = heads[slot];
    const int32_t next = operation(head).next_on_stream;
    if (next >= 0) heads[slot].operation = next;
    else next_step(slot);
    uint8_t others = waiting[rank];
    try_start(slot, now);
    for (; others != 0; others &= others - 1) try_start(rank * BASELINE_STREAMS + __builtin_ctz(others), now);
  }

  const baseline_operation &operation(const Head &head) const {
    return p.operations[p.templates[p.steps[head.step].template_index].first_operation + head.operation];
  }

  void next_step(int64_t slot) {
    const int32_t last = p.rank_steps[slot / BASELINE_STREAMS].last_step;
    for (int32_t step = heads[slot].step + 1; step < last; ++step) {
      const int32_t first =
          p.first_on_stream[p.steps[step].template_index * BASELINE_STREAMS + slot % BASELINE_STREAMS];
      if (first < 0) continue;
      heads[slot].step = step;
      heads[slot].operation = first;
      return;
    }
    heads[slot].step = finished;
  }

  void try_start(int64_t slot, int64_t now) {
    const Head head = heads[slot];
    if (head.step == finished) return;
    const int64_t rank = slot / BASELINE_STREAMS;
    const uint8_t bit = uint8_t(1 << (slot % BASELINE_STREAMS));
    const baseline_step step = p.steps[head.step];
    const baseline_operation &current = operation(head);
    waiting[rank] |= bit;
    if (!waits_are_over(current, head, rank)) return;
    const int64_t row = p.first_rows[rank] + step.first_row + head.operation;
    switch (current.role) {
    case BASELINE_LOCAL:
      waiting[rank] &= ~bit;
      start(row, slot, now, now + current.duration);
      break;
    case BASELINE_SEND:
      waiting[rank] &= ~bit;
      start(row, slot, now, now + current.duration);
      wake_receiver(p.peers[rank * p.peer_slots + current.link], now);
      break;
    case BASELINE_RECEIVE: {
      const baseline_channel channel = p.channels[current.link];
      const int32_t sender = p.peers[rank * p.peer_slots + channel.peer_slot];
      const int64_t sent = p.first_rows[sender] + p.send_rows[channel.first_send_row + step.micro_batch];
      const int64_t posted = starts[row] < 0 ? now : starts[row];
      starts[row] = posted;
      if (ends[sent] < 0) return;
      waiting[rank] &= ~bit;
      start(row, slot, std::max(posted, starts[sent]), std::max(posted, ends[sent]));
      break;
    }
    default:
      if (head.has_arrived) return;
      heads[slot].has_arrived = true;
      arrive(slot, p.groups[rank * p.group_slots + current.link], now);
    }
  }

  void start(int64_t row, int64_t slot, int64_t begin, int64_t end) {
    starts[row] = begin;
    ends[row] = end;
    queue.push(end, uint32_t(slot));
  }

  bool waits_are_over(const baseline_operation &current, const Head &head, int64_t rank) const {
    const Head *const streams = &heads[rank * BASELINE_STREAMS];
    const baseline_operation *const operations =
        p.operations + p.templates[p.steps[head.step].template_index].first_operation;
    for (int32_t wait = current.first_wait; wait < current.first_wait + current.wait_count; ++wait) {
      const int32_t code = p.waits[wait];
      const Head &other = streams[code >= 0 ? operations[code].stream : -1 - code];
      if (other.step < head.step || (code >= 0 && other.step == head.step && other.operation <= code)) return false;
    }
    return true;
  }

  void wake_receiver(int32_t receiver, int64_t now) {
    constexpr int stream = 3;
    if (waiting[receiver] & (1 << stream)) try_start(int64_t(receiver) * BASELINE_STREAMS + stream, now);
  }

  void arrive(int64_t slot, int32_t group, int64_t now) {
    std::vector<int32_t> &members = gatherings[group];
    members.push_back(int32_t(slot));
    if (int32_t(members.size()) < p.group_sizes[group]) return;
    // The last to arrive goes first, as in the executor compared with; it decides the order among equal times.
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
      const int64_t rank = *member / BASELINE_STREAMS;
      Head &head = heads[*member];
      head.has_arrived = false;
      waiting[rank] &= ~(1 << (*member % BASELINE_STREAMS));
      start(
          p.first_rows[rank] + p.steps[head.step].first_row + head.operation, *member, now,
          now + operation(head).duration);
    }
    members.clear();
  }
};

}  // namespace

int64_t baseline_events(const baseline_programs *programs, int64_t *starts, int64_t *ends) {
  return Simulation<StandardQueue>(*programs, starts, ends).run();
}

int64_t baseline_events_quaternary(const baseline_programs *programs, int64_t *starts, int64_t *ends) {
  return Simulation<QuaternaryQueue>(*programs, starts, ends).run();
}
