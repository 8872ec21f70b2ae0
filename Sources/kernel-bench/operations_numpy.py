"""Every operation in NumPy, for machines without PyTorch: it exercises the whole path and measures no GPU.

Arithmetic is float32 whatever the format column says, since NumPy has no bfloat16 or fp8; the table's method says so.
"""

from __future__ import annotations

import math
from typing import Callable

import numpy

from device import cpu_name
from memory_shapes import GATHER_VOCABULARY, scattered_vocabulary
from shape import Shape
from timing import Call, HostTimer, RepeatPlan, Sample, Unsupported

FLUSH_BYTES = 1 << 24
LAUNCHES = 100
EPSILON = 1e-5


class NumpyBackend:
    """Prepares and times shapes on the host."""

    method_note = "NumPy float32 on the host, a test of the path and no measurement of a GPU"

    def __init__(self, plan: RepeatPlan) -> None:
        self.random = numpy.random.default_rng(20240917)
        buffer = numpy.empty(FLUSH_BYTES, dtype=numpy.uint8)
        self.timer = HostTimer(plan, flush=lambda: buffer.fill(1))

    def header(self) -> dict[str, str]:
        """Header keys of this machine."""
        return {
            "gpu": f"none ({cpu_name()})", "driver": "none", "cuda": "none", "library": f"NumPy {numpy.__version__}",
        }  # fmt: skip

    def sensor_identifier(self) -> None:
        """There is no GPU to ask for its clocks."""

    def unsupported_format(self, format: str) -> None:
        """Every format is computed."""

    def recover(self) -> bool:
        """No error of NumPy spoils what follows."""
        return True

    def prepare(self, shape: Shape) -> Call:
        """The call a shape stands for, with fresh random data."""
        builders: dict[str, Callable[[Shape], Call]] = {
            "gemm": self._gemm, "grouped_gemm": self._gemm, "attention": self._attention,
            "elementwise": self._elementwise, "copy": self._copy, "launch": self._launch, "overlap": self._overlap,
        }  # fmt: skip
        return builders[shape.kind](shape)

    def measure(self, call: Call) -> Sample:
        """Times a prepared call."""
        return self.timer.measure(call)

    def _normal(self, *size: int) -> numpy.ndarray:
        return self.random.standard_normal(size, dtype=numpy.float32)

    def _gemm(self, shape: Shape) -> Call:
        left, right = self._operands(shape)
        return Call(lambda: left @ right)

    def _operands(self, shape: Shape) -> tuple[numpy.ndarray, numpy.ndarray]:
        """Operands stored as the pass stores them and seen as m x k and k x n."""
        batch, m, n, k = shape.batch, shape.m, shape.n, shape.k
        left = self._normal(batch, k, m).swapaxes(1, 2) if shape.pass_ == "wgrad" else self._normal(batch, m, k)
        right = self._normal(batch, n, k).swapaxes(1, 2) if shape.pass_ == "forward" else self._normal(batch, k, n)
        return left, right

    def _attention(self, shape: Shape) -> Call:
        if shape.op != "math":
            raise Unsupported("NumPy has no fused attention")
        queries = self._normal(shape.batch, shape.heads, shape.queries, shape.head_dim)
        keys, values = (
            numpy.repeat(
                self._normal(shape.batch, shape.kv_heads, shape.keys, shape.head_dim),
                shape.heads // shape.kv_heads,
                axis=1,
            )
            for _ in range(2)
        )
        if shape.pass_ == "forward":
            return Call(lambda: probabilities(queries, keys, shape.causal) @ values)
        gradient = self._normal(*queries.shape)
        return Call(lambda: attention_gradients(queries, keys, values, gradient, shape.causal))

    def _elementwise(self, shape: Shape) -> Call:
        rows, width = shape.rows, shape.width
        if shape.op in ("embedding_gather", "embedding_scatter", "cross_entropy", "permute"):
            return Call(self._indexed(shape))
        x, y, g = (self._normal(rows, width) for _ in range(3))
        if shape.op == "adam":
            return Call(lambda: adam_step(x, g, y, numpy.abs(y)))
        if shape.op == "dropout_add":
            kept = self.random.random((rows, width)) < 0.9
            return Call((lambda: x * kept / 0.9 + y) if shape.pass_ == "forward" else (lambda: g * kept / 0.9))
        return Call(DENSE[shape.op, shape.pass_](x, y, g))

    def _indexed(self, shape: Shape) -> Callable[[], object]:
        """Operations that read or write rows in an order given by indices."""
        rows, width = shape.rows, shape.width
        x = self._normal(rows, width)
        if shape.op == "permute":
            order = self.random.permutation(rows)
            return lambda: x[order]
        if shape.op == "embedding_gather":
            table = self._normal(min(GATHER_VOCABULARY, 64 * rows), width)
            return lambda indices=self.random.integers(len(table), size=rows): table[indices]
        if shape.op == "embedding_scatter":
            vocabulary = scattered_vocabulary(shape)
            indices = self.random.integers(vocabulary, size=rows)
            return lambda: numpy.add.at(numpy.zeros((vocabulary, width), x.dtype), indices, x)
        targets = (numpy.arange(rows), self.random.integers(width, size=rows))
        if shape.pass_ == "forward":
            return lambda: -numpy.log(softmax(x)[targets]).mean()
        return lambda: cross_entropy_gradient(x, targets)

    def _copy(self, shape: Shape) -> Call:
        source = self.random.integers(256, size=shape.bytes, dtype=numpy.uint8)
        target = numpy.empty_like(source)
        return Call(lambda: numpy.copyto(target, source))

    def _launch(self, shape: Shape) -> Call:
        if shape.op == "graph":
            raise Unsupported("NumPy has no graphs of launches")
        x = self._normal(1)

        def sequence() -> None:
            for _ in range(LAUNCHES):
                numpy.add(x, 1.0, out=x)

        return Call(sequence, kernels=LAUNCHES)

    def _overlap(self, shape: Shape) -> Call:
        left, right = self._operands(shape)
        x, y = self._normal(1 << 16), self._normal(1 << 16)
        beside = (lambda: numpy.copyto(y, x)) if shape.op == "copy" else (lambda: numpy.add(x, y, out=y))
        return Call(lambda: left @ right, beside=beside)


# --- Arithmetic ------------------------------------------------------------------------------------------------------


def softmax(x: numpy.ndarray) -> numpy.ndarray:
    """Along the last axis, shifted by the maximum against overflow."""
    powers = numpy.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def probabilities(queries: numpy.ndarray, keys: numpy.ndarray, causal: int) -> numpy.ndarray:
    """Attention of each query over the keys it may see."""
    scores = queries @ keys.swapaxes(2, 3) / math.sqrt(queries.shape[-1])
    if causal:
        scores = numpy.where(numpy.tri(*scores.shape[2:], dtype=bool), scores, numpy.float32(-1e30))
    return softmax(scores)


def attention_gradients(queries, keys, values, gradient, causal: int) -> tuple[numpy.ndarray, ...]:
    """Gradients of queries, keys and values, scores computed again."""
    weights = probabilities(queries, keys, causal)
    of_weights = gradient @ values.swapaxes(2, 3)
    of_scores = softmax_gradient(weights, of_weights) / math.sqrt(queries.shape[-1])
    return of_scores @ keys, of_scores.swapaxes(2, 3) @ queries, weights.swapaxes(2, 3) @ gradient


def softmax_gradient(y: numpy.ndarray, g: numpy.ndarray) -> numpy.ndarray:
    """Gradient of softmax from its output."""
    return y * (g - (y * g).sum(axis=-1, keepdims=True))


def cross_entropy_gradient(x: numpy.ndarray, targets: tuple) -> numpy.ndarray:
    """Gradient of the mean loss."""
    gradient = softmax(x)
    gradient[targets] -= 1
    return gradient / len(x)


def norm(x: numpy.ndarray, centered: bool) -> numpy.ndarray:
    """Layer norm (centred) or RMS norm without weights."""
    shifted = x - x.mean(axis=-1, keepdims=True) if centered else x
    return shifted / numpy.sqrt((shifted**2).mean(axis=-1, keepdims=True) + EPSILON)


def norm_gradient(x: numpy.ndarray, g: numpy.ndarray, centered: bool) -> numpy.ndarray:
    """Gradient of `norm`."""
    y = norm(x, centered)
    variance = x.var(axis=-1, keepdims=True) if centered else (x**2).mean(axis=-1, keepdims=True)
    scale = 1 / numpy.sqrt(variance + EPSILON)
    mean = g.mean(axis=-1, keepdims=True) if centered else 0
    return scale * (g - mean - y * (g * y).mean(axis=-1, keepdims=True))


def sigmoid(x: numpy.ndarray) -> numpy.ndarray:
    """The logistic function."""
    return 1 / (1 + numpy.exp(-x))


def gelu(x: numpy.ndarray) -> numpy.ndarray:
    """The approximation by tanh, written with the logistic function."""
    return x * sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def gelu_gradient(x: numpy.ndarray, g: numpy.ndarray) -> numpy.ndarray:
    """Gradient of `gelu`."""
    slope = 2 * math.sqrt(2 / math.pi)
    gate = sigmoid(slope * (x + 0.044715 * x**3))
    return g * (gate + x * gate * (1 - gate) * slope * (1 + 3 * 0.044715 * x**2))


def swiglu_gradient(x: numpy.ndarray, y: numpy.ndarray, g: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Gradients of gate and value."""
    gate = sigmoid(x)
    return g * y * gate * (1 + x * (1 - gate)), g * x * gate


def rotate(x: numpy.ndarray, sign: float) -> numpy.ndarray:
    """Rotates pairs of the two halves of each row; the gradient rotates back."""
    periods = 10000 ** numpy.linspace(0, 1, x.shape[1] // 2, dtype=x.dtype)
    angles = numpy.arange(len(x), dtype=x.dtype)[:, None] / periods
    sine, cosine = sign * numpy.sin(angles), numpy.cos(angles)
    first, second = numpy.split(x, 2, axis=1)
    return numpy.concatenate((first * cosine - second * sine, second * cosine + first * sine), axis=1)


def adam_step(parameters, gradient, first, second) -> None:
    """One step of AdamW in place."""
    first += 0.1 * (gradient - first)
    second += 0.001 * (gradient**2 - second)
    parameters -= 1e-6 * (first / (numpy.sqrt(second) + 1e-8) + 0.01 * parameters)


# Operations of two inputs and a gradient of the same size.
DENSE: dict[tuple[str, str], Callable] = {
    ("layer_norm", "forward"): lambda x, y, g: lambda: norm(x, True),
    ("layer_norm", "backward"): lambda x, y, g: lambda: norm_gradient(x, g, True),
    ("rms_norm", "forward"): lambda x, y, g: lambda: norm(x, False),
    ("rms_norm", "backward"): lambda x, y, g: lambda: norm_gradient(x, g, False),
    ("softmax", "forward"): lambda x, y, g: lambda: softmax(x),
    ("softmax", "backward"): lambda x, y, g: lambda p=softmax(x): softmax_gradient(p, g),
    ("gelu", "forward"): lambda x, y, g: lambda: gelu(x),
    ("gelu", "backward"): lambda x, y, g: lambda: gelu_gradient(x, g),
    ("swiglu", "forward"): lambda x, y, g: lambda: x * sigmoid(x) * y,
    ("swiglu", "backward"): lambda x, y, g: lambda: swiglu_gradient(x, y, g),
    ("rotary", "forward"): lambda x, y, g: lambda: rotate(x, 1.0),
    ("rotary", "backward"): lambda x, y, g: lambda: rotate(g, -1.0),
    ("grad_norm", "forward"): lambda x, y, g: lambda: numpy.linalg.norm(g),
    ("cast", "forward"): lambda x, y, g: lambda: x.astype(numpy.float16),
    ("add", "forward"): lambda x, y, g: lambda: x + y,
}
