// The dynamic program over layers, memory and strategies with a dense memory axis: what the Pareto fronts are compared
// with. The memory axis is innermost and contiguous, so that compilers vectorise it.
#include "baseline_loops.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

double baseline_chain(const baseline_chain_problem *problem, int32_t *choice) {
  const size_t layers = size_t(problem->layers), strategies = size_t(problem->strategies);
  const size_t axis = size_t(problem->limit) + 1;
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> before(strategies * axis, 0.0), after(strategies * axis);
  std::vector<uint8_t> marks(layers * strategies * axis);
  for (size_t layer = 0; layer < layers; ++layer) {
    const size_t kind = size_t(problem->order[layer]);
    const int64_t *const memory = problem->memory + kind * strategies;
    const double *const time = problem->time + kind * strategies;
    const double *const transition = problem->transition + kind * strategies * strategies;
    for (size_t to = 0; to < strategies; ++to) {
      double *const out = &after[to * axis];
      uint8_t *const mark = &marks[(layer * strategies + to) * axis];
      const size_t needed = std::min(axis, size_t(memory[to]));
      std::fill(out, out + axis, infinity);
      for (size_t from = 0; from < strategies; ++from) {
        const double *const in = &before[from * axis];
        const double step = layer == 0 ? 0.0 : transition[from * strategies + to];
        for (size_t left = 0; left + needed < axis; ++left) {
          const double value = in[left] + step + time[to];
          const bool better = value < out[left + needed];
          out[left + needed] = better ? value : out[left + needed];
          mark[left + needed] = better ? uint8_t(from) : mark[left + needed];
        }
      }
    }
    std::swap(before, after);
  }
  size_t last = 0, left = axis - 1;
  for (size_t strategy = 1; strategy < strategies; ++strategy)
    if (before[strategy * axis + left] < before[last * axis + left]) last = strategy;
  const double best = before[last * axis + left];
  if (!(best < infinity)) return infinity;
  for (size_t layer = layers; layer-- > 0;) {
    choice[layer] = int32_t(last);
    const size_t source = marks[(layer * strategies + last) * axis + left];
    left -= size_t(problem->memory[size_t(problem->order[layer]) * strategies + last]);
    last = source;
  }
  return best;
}
