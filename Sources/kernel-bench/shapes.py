"""The list of what is measured, the most valuable shapes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable, Iterator, Optional

from attention_shapes import attention, attentions
from memory_shapes import copies, elementwise, elementwises, launches
from product_shapes import (
    FLAGSHIPS,
    Experts,
    Model,
    attention_products,
    gemm,
    gemms,
    grouped_gemms,
    grouped_passes,
    model_gemms,
    overlap,
    overlaps,
    square_gemms,
)
from shape import ELEMENT_BYTES, KINDS, Ranked, Shape

TINY_MODEL = Model("tiny", 64, 4, 2, 16, 176, True, 250)


def tiny_shapes() -> Iterator[Ranked]:
    """Every kind, operation, pass and format at sizes a CPU computes at once."""
    yield from launches()
    for format in ELEMENT_BYTES:
        yield from square_gemms(0, format, (16, 64))
    yield from model_gemms(0, "bf16", (TINY_MODEL,), (1, 2), (48,))
    yield from square_gemms(1, "bf16", (17,))
    yield from attention_products(1, "bf16", 6, 24, 8)
    yield from grouped_passes(1, Experts(3, 32, 48), 16)
    for op in ("flash", "cudnn", "efficient", "math"):
        yield from attention(1, op, (32, 32), (4, 4), 16, 1, batch=2)
        yield from attention(1, op, (32, 32), (4, 2), 16, 0, batch=2)
    yield from attention(1, "flash", (16, 48), (2, 2), 16, 0, batch=1)
    for op in ("layer_norm", "rms_norm", "softmax", "gelu", "swiglu", "rotary", "dropout_add", "permute", "add"):
        yield from elementwise(0, op, 32, 128)
    yield from elementwise(0, "embedding_gather", 32, 64)
    yield from elementwise(0, "embedding_scatter", 32, 64, vocabulary=100)
    yield from elementwise(0, "cross_entropy", 16, 250, "fp32")
    for format in ("bf16", "fp32"):
        yield from elementwise(0, "adam", 1, 1000, format)
        yield from elementwise(0, "grad_norm", 1, 1000, format)
    for format in ("bf16", "fp32", "fp8"):
        yield from elementwise(0, "cast", 8, 512, format)
    yield from copies((10, 16))
    yield from overlap(1, 64, 64, 64)


def full_shapes() -> Iterator[Ranked]:
    """Everything, kind by kind; short kinds first, so that they are never missing."""
    yield from launches()
    yield from copies()
    yield from overlaps()
    yield from elementwises()
    yield from attentions()
    yield from gemms()
    yield from grouped_gemms()


def interleave(shapes: list[Shape]) -> list[Shape]:
    """The shapes with the kinds spread evenly, so that a run cut short has some of each."""
    places: dict[str, int] = {}
    counts = {kind: sum(shape.kind == kind for shape in shapes) for kind in KINDS}
    ranked = []
    for shape in shapes:
        index = places.get(shape.kind, 0)
        places[shape.kind] = index + 1
        ranked.append((index / counts[shape.kind], KINDS.index(shape.kind), index, shape))
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:3])]


def ranked_shapes(quick: bool = False, only: Optional[Iterable[str]] = None) -> list[Ranked]:
    """What to measure in the order to do it: each shape once, in its most valuable tier."""
    kinds = set(only or KINDS)
    tiers: dict[Shape, int] = {}
    for tier, shape in tiny_shapes() if quick else full_shapes():
        if shape.kind in kinds:
            tiers[shape] = min(tier, tiers.get(shape, tier))
    return [
        Ranked(tier, shape)
        for tier in sorted(set(tiers.values()))
        for shape in interleave([shape for shape in tiers if tiers[shape] == tier])
    ]


def in_fp16(shapes: Iterable[Shape]) -> list[Shape]:
    """The shapes for GPUs that train in fp16 because they have no bf16; both take two bytes."""
    return list(dict.fromkeys(replace(s, format="fp16") if s.format == "bf16" else s for s in shapes))


def crosscheck_shapes() -> list[Shape]:
    """Products that the CUDA C++ program times too: one model, squares, tiny and odd ones, interference."""
    chosen = list(model_gemms(0, "bf16", FLAGSHIPS[:1], (1, 8), (4096,)))
    for format in ("bf16", "fp16", "tf32", "fp8"):
        chosen += square_gemms(0, format, (1024, 4096, 8192))
    chosen += square_gemms(0, "fp32", (1024, 4096))
    for m in (1, 64, 512):
        chosen.append(Ranked(0, gemm("forward", "bf16", m, 4096, 4096)))
    chosen.append(Ranked(0, gemm("forward", "bf16", 4097, 4096, 4096)))
    chosen += attention_products(0, "bf16", 64, 2048, 128)
    for m, n, k in ((4096, 4096, 4096), (4096, 28672, 4096), (8192, 8192, 8192)):
        chosen += overlap(0, m, n, k)
    return list(dict.fromkeys(shape for _, shape in chosen))


def crosscheck_csv() -> str:
    """The list as the CUDA C++ program reads it: the columns a product fills."""
    columns = ("kind", "op", "pass_", "format", "layout", "batch", "m", "n", "k")
    lines = [",".join(columns).replace("pass_", "pass")]
    lines += [",".join(str(getattr(shape, column)) for column in columns) for shape in crosscheck_shapes()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(crosscheck_csv(), end="")
