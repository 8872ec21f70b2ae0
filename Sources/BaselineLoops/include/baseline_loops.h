// The executors' two loops written plainly in C++, over the same flat arrays: what the benchmark compares with.
#ifndef BASELINE_LOOPS_H
#define BASELINE_LOOPS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Streams of a rank.
enum { BASELINE_STREAMS = 8 };

/// Roles of an operation.
enum { BASELINE_LOCAL = 0, BASELINE_SEND = 1, BASELINE_RECEIVE = 2, BASELINE_JOIN = 3 };

/// One operation of a template.
typedef struct {
  int64_t duration;
  int32_t first_wait;
  uint16_t wait_count;
  uint8_t stream;
  uint8_t role;
  int32_t link;
  int32_t next_on_stream;
} baseline_operation;

/// One step of a program.
typedef struct {
  int32_t template_index;
  int32_t micro_batch;
  int32_t first_row;
} baseline_step;

/// Operations of a template.
typedef struct {
  int32_t first_operation;
  int32_t operation_count;
} baseline_template;

/// Where a receive finds its message.
typedef struct {
  int32_t peer_slot;
  int32_t first_send_row;
} baseline_channel;

/// Steps of a rank: first and end.
typedef struct {
  int32_t first_step;
  int32_t last_step;
} baseline_steps;

/// Compiled programs and the ranks that run them. All arrays belong to the caller.
typedef struct {
  const baseline_operation *operations;
  const int32_t *waits;
  const baseline_step *steps;
  const baseline_template *templates;
  const int32_t *first_on_stream;  // [templates * BASELINE_STREAMS]
  const baseline_channel *channels;
  const int32_t *send_rows;
  const baseline_steps *rank_steps;  // [ranks]
  const int64_t *first_rows;         // [ranks + 1]
  const int32_t *peers;              // [ranks * peer_slots]
  const int32_t *groups;             // [ranks * group_slots]
  const int32_t *group_sizes;        // [group_count]
  int64_t rank_count;
  int64_t group_count;
  int64_t peer_slots;
  int64_t group_slots;
} baseline_programs;

/// Runs the programs in program order, rank by rank, with a list of ranks that can go on.
/// Writes every row of `starts` and `ends`; returns the number of rows that ran.
int64_t baseline_replay(const baseline_programs *programs, int64_t *starts, int64_t *ends);

/// Runs the programs in time order with a std::priority_queue of (time, sequence, payload).
int64_t baseline_events(const baseline_programs *programs, int64_t *starts, int64_t *ends);

/// The same loop with a 4-ary heap of 128-bit keys.
int64_t baseline_events_quaternary(const baseline_programs *programs, int64_t *starts, int64_t *ends);

/// Layers with the price of every strategy; see Planning's ChainProblem.
typedef struct {
  const int32_t *order;      // [layers], kind of each
  const int64_t *memory;     // [kinds * strategies], whole units
  const double *time;        // [kinds * strategies], seconds
  const double *transition;  // [kinds * strategies * strategies], the former's rows
  int32_t layers;
  int32_t strategies;        // at most 256
  int64_t limit;             // units
} baseline_chain_problem;

/// Solves the dynamic program with a dense memory axis. Returns the least time, or infinity; writes the strategies.
double baseline_chain(const baseline_chain_problem *problem, int32_t *choice);

/// Writes a begin and an end packet of Perfetto's format with six details for every row into a buffer that is used again
/// and again. Returns the number of bytes.
int64_t baseline_perfetto(
    const int64_t *starts, const int64_t *ends, const uint8_t *streams, const uint8_t *kinds, const int32_t *names,
    int64_t count, uint8_t *buffer, int64_t capacity);

#ifdef __cplusplus
}
#endif

#endif
