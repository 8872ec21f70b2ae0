"""How often to time a call, what to keep of the times, and timing by the host's clock.

Timing by CUDA events is in `cuda_timer.py`, which needs PyTorch.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Callable, Optional, Protocol, Sequence

from shape import Shape


class Unsupported(Exception):
    """A shape that this device or library cannot run; the text says why."""


@dataclass
class Call:
    """An operation with its data, ready to run many times.

    `kernels` is what one run counts as when the time is given (long sequences of launches are one run), `launches` how
    many entries it puts into the queue of the device, at a guess. A call that `waits` returns when its work is done and
    is timed by the host's clock on any device. `beside`, where given, runs on another stream meanwhile.
    """

    run: Callable[[], object]
    kernels: int = 1
    launches: int = 8
    waits: bool = False
    beside: Optional[Callable[[], object]] = None
    close: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Sample:
    """What a row keeps of its times, microseconds; `spread` is (90th - 10th percentile) / median."""

    median_us: float
    spread: float
    repeats: int
    alone_us: Optional[float] = None


class Backend(Protocol):
    """A library on a device: it prepares shapes and times them."""

    # How it computes and what it flushes, for the table's method.
    method_note: str

    def header(self) -> dict[str, str]:
        """Header keys of the device and the library."""

    def sensor_identifier(self) -> Optional[str]:
        """How nvidia-smi names the GPU; `None` without one."""

    def unsupported_format(self, format: str) -> Optional[str]:
        """Why no shape of a format can run, or `None`."""

    def prepare(self, shape: Shape) -> Call:
        """The call a shape stands for, with fresh random data; it may raise anything where there is none."""

    def measure(self, call: Call) -> Sample:
        """Times a prepared call."""

    def recover(self) -> bool:
        """Gives memory back after a shape that failed; false when the device answers no more."""


@dataclass(frozen=True)
class RepeatPlan:
    """Repeats of a call: about `target_us` of it in all, more for short calls, within limits."""

    target_us: float
    least: int
    most: int

    def repeats(self, call_us: float) -> int:
        """Repeats for a call that takes `call_us` microseconds; very long ones vary little and get fewer."""
        least = self.least if call_us < self.target_us else max(3, self.least // 2)
        return int(min(self.most, max(least, self.target_us / max(call_us, 1e-3))))


FULL_PLAN = RepeatPlan(target_us=20000, least=7, most=50)
QUICK_PLAN = RepeatPlan(target_us=200, least=3, most=5)


def percentile(values: Sequence[float], fraction: float) -> float:
    """The value below which `fraction` of the values lie, linear between neighbours."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    place = fraction * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def summarize(times_us: Sequence[float], alone_us: Optional[float] = None) -> Sample:
    """Median and spread of times in microseconds."""
    median = percentile(times_us, 0.5)
    if median <= 0:
        raise ValueError("a time of zero: the clock is too coarse for this call")
    spread = (percentile(times_us, 0.9) - percentile(times_us, 0.1)) / median
    return Sample(median, spread, len(times_us), alone_us)


class HostTimer:
    """Times calls that return when their work is done, by the host's clock."""

    def __init__(self, plan: RepeatPlan, flush: Callable[[], object] = lambda: None) -> None:
        self.plan = plan
        self.flush = flush

    def measure(self, call: Call) -> Sample:
        """The time of a call; where something runs beside it, also its time alone."""
        alone = summarize(self._times(call))
        if call.beside is None:
            return alone
        with _Beside(call.beside):
            times = self._times(call)
        return summarize(times, alone.median_us)

    def _times(self, call: Call) -> list[float]:
        call.run()
        repeats = self.plan.repeats(self._once(call))
        return [self._once(call) for _ in range(repeats)]

    def _once(self, call: Call) -> float:
        self.flush()
        start = time.perf_counter_ns()
        call.run()
        return (time.perf_counter_ns() - start) / 1000 / call.kernels


class _Beside:
    """Repeats a function in a thread until it is left."""

    def __init__(self, function: Callable[[], object]) -> None:
        self.function = function
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._loop, daemon=True)

    def _loop(self) -> None:
        while not self.stopped.is_set():
            self.function()

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join()
