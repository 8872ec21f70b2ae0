// A 4-ary heap whose entries are one 128-bit number each: time, then sequence, then payload.
#ifndef BASELINE_QUATERNARY_HEAP_HPP
#define BASELINE_QUATERNARY_HEAP_HPP

#include <algorithm>
#include <cstdint>
#include <vector>

struct QuaternaryQueue {
  using Key = unsigned __int128;
  std::vector<Key> keys;
  uint64_t sequence = 0;

  bool empty() const { return keys.empty(); }

  void push(int64_t time, uint32_t payload) {
    const Key key = Key(uint64_t(time)) << 64 | (sequence++ << 28 | payload);
    size_t hole = keys.size();
    keys.push_back(key);
    while (hole > 0) {
      const size_t parent = (hole - 1) >> 2;
      if (keys[parent] < key) break;
      keys[hole] = keys[parent];
      hole = parent;
    }
    keys[hole] = key;
  }

  void pop(int64_t &time, uint32_t &payload) {
    time = int64_t(keys[0] >> 64);
    payload = uint32_t(keys[0]) & 0xfffffff;
    const Key last = keys.back();
    keys.pop_back();
    const size_t count = keys.size();
    if (count == 0) return;
    size_t hole = 0;
    for (size_t child = 1; child < count; child = (hole << 2) + 1) {
      size_t smallest = child;
      for (size_t other = child + 1; other < std::min(child + 4, count); ++other)
        if (keys[other] < keys[smallest]) smallest = other;
      if (last < keys[smallest]) break;
      keys[hole] = keys[smallest];
      hole = smallest;
    }
    keys[hole] = last;
  }
};

#endif
