// The bytes of a Perfetto timeline, written by a plain loop: what a writer can be measured against.
#include "baseline_loops.h"

#include <cstring>

namespace {

inline uint8_t *put(uint8_t *at, uint64_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<uint8_t>(value) | 0x80;
    value >>= 7;
  }
  *at++ = static_cast<uint8_t>(value);
  return at;
}

inline uint8_t *put(uint8_t *at, uint32_t field, uint64_t value) { return put(put(at, field << 3), value); }

inline uint8_t *note(uint8_t *at, uint8_t key, uint32_t field, uint64_t value) {
  *at++ = 4 << 3 | 2;
  uint8_t *length = at++;
  *at++ = 1 << 3;
  *at++ = key;
  at = put(at, field, value);
  *length = static_cast<uint8_t>(at - length - 1);
  return at;
}

/// Opens a packet and its event; both lengths are filled in by `close`.
inline uint8_t *open(uint8_t *at, uint64_t time, bool needs_texts) {
  *at++ = 1 << 3 | 2;
  at += 2;
  at = put(at, 10, 1);
  if (needs_texts) at = put(at, 13, 2);
  at = put(at, 8, time);
  *at++ = 11 << 3 | 2;
  return at + 2;
}

inline void fill(uint8_t *length, const uint8_t *end) {
  const auto count = static_cast<uint64_t>(end - length - 2);
  length[0] = static_cast<uint8_t>(count) | 0x80;
  length[1] = static_cast<uint8_t>(count >> 7);
}

}  // namespace

int64_t baseline_perfetto(
    const int64_t *starts, const int64_t *ends, const uint8_t *streams, const uint8_t *kinds, const int32_t *names,
    int64_t count, uint8_t *buffer, int64_t capacity) {
  uint8_t *at = buffer;
  int64_t written = 0;
  for (int64_t row = 0; row < count; ++row) {
    uint8_t *begin = at;
    at = open(at, static_cast<uint64_t>(starts[row]), true);
    uint8_t *event = at - 2;
    at = put(at, 9, 1);
    at = put(at, 11, 17 + streams[row]);
    at = put(at, 10, kinds[row] + 1);
    at = put(at, 3, streams[row] + 1);
    at = note(at, 1, 17, static_cast<uint64_t>(names[row]) + 1);
    at = note(at, 2, 4, static_cast<uint64_t>(row & 63));
    at = note(at, 3, 4, static_cast<uint64_t>(row & 31));
    at = note(at, 4, 4, 0);
    at = note(at, 5, 4, static_cast<uint64_t>(names[row]) << 20);
    at = note(at, 9, 4, static_cast<uint64_t>(row));
    fill(event, at);
    fill(begin + 1, at);
    uint8_t *finish = at;
    at = open(at, static_cast<uint64_t>(ends[row]), false);
    event = at - 2;
    at = put(at, 9, 2);
    at = put(at, 11, 17 + streams[row]);
    fill(event, at);
    fill(finish + 1, at);
    if (at - buffer + 512 > capacity) {
      written += at - buffer;
      at = buffer;
    }
  }
  return written + (at - buffer);
}
