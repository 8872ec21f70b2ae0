"""Kernels bound by memory, copies and launches: what lies between the products."""

from __future__ import annotations

from typing import Iterable, Iterator

from shape import ELEMENT_BYTES, Ranked, Shape

# Rows of the table an embedding look-up reads from. Its size hardly matters, since only the rows asked for are read.
GATHER_VOCABULARY = 128256
# Activations read or written at least, in elements of the output, and whether a gradient kernel exists.
ELEMENTS_MOVED = {
    ("layer_norm", "forward"): 2, ("layer_norm", "backward"): 3,
    ("rms_norm", "forward"): 2, ("rms_norm", "backward"): 3,
    ("softmax", "forward"): 2, ("softmax", "backward"): 3,
    ("gelu", "forward"): 2, ("gelu", "backward"): 3,
    ("swiglu", "forward"): 3, ("swiglu", "backward"): 5,
    ("rotary", "forward"): 2, ("rotary", "backward"): 2,
    ("dropout_add", "forward"): 3, ("dropout_add", "backward"): 2,
    ("embedding_gather", "forward"): 2, ("embedding_scatter", "backward"): 1,
    ("cross_entropy", "forward"): 1, ("cross_entropy", "backward"): 2,
    ("permute", "forward"): 2, ("permute", "backward"): 2,
    ("adam", "forward"): 7, ("grad_norm", "forward"): 1, ("add", "forward"): 3,
}  # fmt: skip
# What a cast to a format reads.
CAST_SOURCE = {"bf16": "fp32", "fp16": "fp32", "fp32": "bf16", "fp8": "bf16"}
INDEX_BYTES = 8
MASK_BYTES = 1


def moved_bytes(op: str, pass_: str, format: str, rows: int, width: int, vocabulary: int = 0) -> int:
    """Bytes that any implementation reads plus writes; a scatter also writes the gradient of the whole table."""
    elements = rows * width
    if op == "cast":
        return elements * (ELEMENT_BYTES[format] + ELEMENT_BYTES[CAST_SOURCE[format]])
    total = elements * ELEMENTS_MOVED[op, pass_] * ELEMENT_BYTES[format]
    if op == "dropout_add":
        total += elements * MASK_BYTES
    if op in ("embedding_gather", "embedding_scatter", "cross_entropy", "permute"):
        total += rows * INDEX_BYTES
    return total + vocabulary * width * ELEMENT_BYTES[format]


def scattered_vocabulary(shape: Shape) -> int:
    """Rows of the table whose gradient a scatter writes: the inverse of `moved_bytes`."""
    rest = shape.bytes - moved_bytes(shape.op, shape.pass_, shape.format, shape.rows, shape.width)
    return rest // (shape.width * ELEMENT_BYTES[shape.format])


def elementwise(
    tier: int, op: str, rows: int, width: int, format: str = "bf16", vocabulary: int = 0
) -> Iterator[Ranked]:
    """The passes of a memory-bound operation that exist."""
    for pass_ in ("forward", "backward"):
        if (op, pass_) in ELEMENTS_MOVED or (op == "cast" and pass_ == "forward"):
            moved = moved_bytes(op, pass_, format, rows, width, vocabulary)
            yield Ranked(
                tier, Shape("elementwise", op, pass_, format, rows=rows, width=width, bytes=moved)
            )


def norms_and_residuals() -> Iterator[Ranked]:
    """Kernels of tokens x hidden."""
    for tokens in (4096, 1024, 16384):
        for hidden in (4096, 8192, 1024, 2048, 1600, 5120, 12288, 16384):
            tier = 0 if tokens == 4096 and hidden in (4096, 8192) else 1
            for op in ("rms_norm", "layer_norm", "add", "dropout_add"):
                yield from elementwise(tier, op, tokens, hidden)
            for op in ("rotary", "permute"):
                if hidden % 128 == 0:
                    yield from elementwise(tier, op, tokens, hidden)
    for op in ("layer_norm", "rms_norm", "dropout_add"):
        for format in ("fp16", "fp32"):
            yield from elementwise(2, op, 4096, 4096, format)


def activations() -> Iterator[Ranked]:
    """Kernels of tokens x feed-forward width, cut by tensor parallelism."""
    for tokens in (4096, 1024, 16384):
        for width in (14336, 1792, 3584, 7168, 11008, 28672, 53248):
            tier = 0 if tokens == 4096 and width == 14336 else 1
            yield from elementwise(tier, "swiglu", tokens, width)
        for width in (16384, 1024, 4096, 6144, 24576, 49152):
            yield from elementwise(0 if (tokens, width) == (4096, 16384) else 1, "gelu", tokens, width)


def scores_and_losses() -> Iterator[Ranked]:
    """Softmax of attention scores, cross-entropy and embeddings."""
    for length in (512, 1024, 2048, 4096, 8192):
        tier = 0 if length == 2048 else 1
        yield from elementwise(tier, "softmax", 16 * length, length)
        yield from elementwise(3, "softmax", 4 * length, length, "fp32")
    yield from elementwise(1, "softmax", 64 * 16 * 197, 197)
    yield from elementwise(1, "softmax", 12288 * 49, 49)
    for vocabulary in (128256, 32000, 50257, 151936, 256000):
        for format in ("fp32", "bf16"):
            for tokens in (4096, 1024):
                tier = 0 if (vocabulary, tokens) == (128256, 4096) else 1
                yield from elementwise(tier, "cross_entropy", tokens, vocabulary, format)
    for tokens in (4096, 512, 16384):
        for hidden in (4096, 1024, 8192, 16384):
            tier = 0 if (tokens, hidden) == (4096, 4096) else 1
            yield from elementwise(tier, "embedding_gather", tokens, hidden)
            for vocabulary in (128256, 32000):
                yield from elementwise(tier, "embedding_scatter", tokens, hidden, vocabulary=vocabulary)


def parameter_kernels() -> Iterator[Ranked]:
    """Kernels over parameters, and streams of all sizes that give the memory bandwidth."""
    for exponent in (27, 16, 18, 20, 22, 24, 25, 26, 28, 29):
        width = 1 << exponent
        tier = 0 if exponent in (27, 20) else 1
        yield from elementwise(tier, "adam", 1, width, "fp32")
        yield from elementwise(2, "adam", 1, width, "bf16")
        yield from elementwise(tier, "grad_norm", 1, width, "fp32")
        yield from elementwise(2, "grad_norm", 1, width, "bf16")
    for exponent in (26, 10, 12, 14, 16, 18, 20, 21, 22, 23, 24, 25, 27, 28, 29):
        rows = 1 << max(exponent - 12, 0)
        width = (1 << exponent) // rows
        tier = 0 if exponent == 26 else 1
        yield from elementwise(tier, "add", rows, width)
        for format in ("bf16", "fp32", "fp8"):
            yield from elementwise(tier if format == "bf16" else 2, "cast", rows, width, format)


def elementwises() -> Iterator[Ranked]:
    """All memory-bound kernels."""
    yield from norms_and_residuals()
    yield from activations()
    yield from scores_and_losses()
    yield from parameter_kernels()


def copies(exponents: Iterable[int] = range(10, 31)) -> Iterator[Ranked]:
    """Copies of powers of two bytes, a few sizes of each first."""
    for exponent in exponents:
        for op in ("d2d", "h2d", "d2h"):
            yield Ranked(0 if exponent in (16, 20, 24, 28) else 1, Shape("copy", op, bytes=1 << exponent))


def launches() -> Iterator[Ranked]:
    """What one more tiny kernel costs."""
    for op in ("stream", "graph", "eager"):
        yield Ranked(0, Shape("launch", op))
