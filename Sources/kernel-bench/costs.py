"""Floors of kernel times and the length of a whole run, by roofline.

The rates are the datasheet's for an H100 SXM (dense). They decide nothing that is measured: they order a dry run's
expectations and say beforehand how long a run takes.
"""

from __future__ import annotations

from typing import Iterable

from shape import ELEMENT_BYTES, Shape
from timing import RepeatPlan

# Operations per second.
PEAK = {"fp8": 1979e12, "bf16": 989e12, "fp16": 989e12, "tf32": 494e12, "fp32": 67e12}
# Bytes per second: device memory (read plus written) and one direction of the host's link.
MEMORY_BANDWIDTH = 3.35e12
HOST_BANDWIDTH = 55e9
# No kernel of a stream takes less, microseconds.
LEAST_KERNEL_US = 2.0

# What real kernels reach of a roofline, taken low so that the estimate of a run errs on the long side.
REACHED = {"gemm": 0.5, "grouped_gemm": 0.35, "attention": 0.35, "elementwise": 0.35, "copy": 0.7, "launch": 1.0,
           "overlap": 0.2}  # fmt: skip
# Preparing a row (memory, random data, graphs, first call), seconds; cuDNN plans every attention shape anew.
SETUP_S = {"gemm": 0.03, "grouped_gemm": 0.06, "attention": 0.06, "elementwise": 0.04, "copy": 0.05, "launch": 0.2,
           "overlap": 0.3}  # fmt: skip
PLANNED_ATTENTION_S = 0.5
# Beside each timed call: writing the flush buffer, and what the host needs to queue a call, microseconds.
FLUSH_US = 90.0
QUEUE_US = 100.0
WARM_UP_CALLS = 4
# Importing PyTorch, creating a context, loading kernel modules, writing files, seconds.
START_S = 25.0


def operations(shape: Shape) -> float:
    """Floating-point operations of a product or of attention; a multiply-add counts as two."""
    if shape.kind in ("gemm", "grouped_gemm", "overlap"):
        return 2.0 * shape.batch * shape.m * shape.n * shape.k
    if shape.kind != "attention":
        return 0.0
    pairs = shape.batch * shape.heads * shape.queries * shape.keys / (2 if shape.causal else 1)
    # Two products forward; five backward, since scores are computed again.
    return pairs * shape.head_dim * (4.0 if shape.pass_ == "forward" else 10.0)


def traffic(shape: Shape) -> float:
    """Bytes read plus written at least, each operand once."""
    if shape.kind in ("gemm", "grouped_gemm", "overlap"):
        elements = shape.batch * (shape.m * shape.k + shape.k * shape.n + shape.m * shape.n)
        return float(elements * ELEMENT_BYTES[shape.format])
    if shape.kind == "attention":
        queries = shape.batch * shape.heads * shape.queries * shape.head_dim
        keys = shape.batch * shape.kv_heads * shape.keys * shape.head_dim
        passes = 1 if shape.pass_ == "forward" else 2
        return float(2 * passes * (queries + keys) * ELEMENT_BYTES[shape.format])
    if shape.kind == "copy":
        return 2.0 * shape.bytes
    return float(shape.bytes or 0)


def floor_us(shape: Shape) -> float:
    """No correct kernel is much faster on an H100, microseconds."""
    arithmetic = operations(shape) / PEAK.get(shape.format, PEAK["bf16"])
    memory = traffic(shape) / MEMORY_BANDWIDTH
    link = shape.bytes / HOST_BANDWIDTH if shape.op in ("h2d", "d2h") else 0.0
    return max(1e6 * max(arithmetic, memory, link), LEAST_KERNEL_US)


def expected_us(shape: Shape) -> float:
    """A cautious guess of the time of one call, microseconds."""
    return floor_us(shape) / REACHED[shape.kind] * (500 if shape.kind == "launch" else 1)


def expected_row_s(shape: Shape, plan: RepeatPlan) -> float:
    """What measuring a row takes on an H100, seconds."""
    call = expected_us(shape)
    calls = WARM_UP_CALLS + plan.repeats(call)
    setup = SETUP_S[shape.kind] + traffic(shape) / MEMORY_BANDWIDTH * 4
    if shape.op == "cudnn":
        setup += PLANNED_ATTENTION_S
    return setup + calls * (call + FLUSH_US + QUEUE_US) * 1e-6


def expected_run_s(shapes: Iterable[Shape], plan: RepeatPlan) -> float:
    """What a whole run takes on an H100, seconds."""
    return START_S + sum(expected_row_s(shape, plan) for shape in shapes)
