"""Timing by CUDA events, with the device never waiting for the host inside a timed interval.

Calls are queued behind writes of the flush buffer. While these run, the host queues the calls, so an interval between
two events holds kernels and the gaps of the stream, not the time Python takes. Whether the host was really ahead is
checked: the last start event must not have been reached when the last call has been queued. If it has been, the batch
is repeated behind more writes.
"""

from __future__ import annotations

import math

import torch

from timing import Call, HostTimer, RepeatPlan, Sample, percentile, summarize

LEAST_FLUSH_BYTES = 128 << 20
CACHE_SIZES = 4
# Entries the queue of a stream surely takes before the host has to wait.
QUEUE_ENTRIES = 800
# Writes of the flush buffer ahead of a batch: at first, and at most.
LEAST_HEAD, MOST_HEAD = 4, 512
# What runs beside a call must last this many times the call's time alone, at first, and at most.
LEAST_COVER, MOST_COVER = 2.5, 20.0


class CudaTimer:
    """Times calls on the current device."""

    def __init__(self, plan: RepeatPlan) -> None:
        cache = getattr(torch.cuda.get_device_properties(0), "L2_cache_size", 0)
        self.plan = plan
        self.buffer = torch.empty(max(CACHE_SIZES * cache, LEAST_FLUSH_BYTES), dtype=torch.uint8, device="cuda")
        self.side = torch.cuda.Stream()
        self.host = HostTimer(plan)
        self.head = LEAST_HEAD

    def measure(self, call: Call) -> Sample:
        """The time of a call; where something runs beside it, also its time alone."""
        if call.waits:
            return self.host.measure(call)
        self.head = LEAST_HEAD
        alone = self._times(call)
        if call.beside is None:
            return summarize(alone)
        alone_us = percentile(alone, 0.5)
        return summarize(self._times_beside(call, alone_us, len(alone)), alone_us)

    def _times(self, call: Call) -> list[float]:
        for _ in range(2):
            call.run()
        torch.cuda.synchronize()
        first = self._batch(call, 1)[0] * call.kernels
        repeats = self.plan.repeats(first)
        batch = max(1, QUEUE_ENTRIES // (call.launches + 3))
        times: list[float] = []
        while len(times) < repeats:
            times += self._batch(call, min(batch, repeats - len(times)))
        return times

    def _batch(self, call: Call, count: int) -> list[float]:
        """Times of `count` calls, microseconds for each kernel they count as."""
        while True:
            pairs = [_event_pair() for _ in range(count)]
            for _ in range(self.head):
                self.buffer.zero_()
            for begin, end in pairs:
                self.buffer.zero_()
                begin.record()
                call.run()
                end.record()
            late = pairs[-1][0].query()
            torch.cuda.synchronize()
            if not late or self.head >= MOST_HEAD:
                return [1000 * begin.elapsed_time(end) / call.kernels for begin, end in pairs]
            self.head *= 2

    def _times_beside(self, call: Call, alone_us: float, repeats: int) -> list[float]:
        """Times of a call while the other stream is busy from before its start until after its end."""
        piece_us = percentile(self._times(Call(call.beside)), 0.5)
        cover = LEAST_COVER
        times: list[float] = []
        while len(times) < repeats:
            pieces = math.ceil(cover * alone_us / piece_us) + 1
            time_us, covered, late = self._once_beside(call, pieces)
            if late and self.head < MOST_HEAD:
                self.head *= 2
            elif not covered and cover < MOST_COVER:
                cover *= 2
            else:
                times.append(time_us)
        return times

    def _once_beside(self, call: Call, pieces: int) -> tuple[float, bool, bool]:
        """Time of the call, whether the other stream outlasted it, and whether the host fell behind."""
        main = torch.cuda.current_stream()
        begin, end = _event_pair()
        started, ended = _event_pair()
        for _ in range(self.head):
            self.buffer.zero_()
        self.side.wait_stream(main)
        with torch.cuda.stream(self.side):
            call.beside()
            started.record()
            for _ in range(pieces):
                call.beside()
            ended.record()
        main.wait_event(started)
        begin.record()
        call.run()
        end.record()
        late = started.query()
        main.wait_stream(self.side)
        torch.cuda.synchronize()
        return 1000 * begin.elapsed_time(end), end.elapsed_time(ended) > 0, late


def _event_pair() -> tuple[torch.cuda.Event, torch.cuda.Event]:
    return torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
