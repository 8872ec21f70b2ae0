"""Fused attention: short to very long sequences, all head sizes and masks, shared keys, unequal lengths."""

from __future__ import annotations

import itertools
from typing import Iterable, Iterator, Optional

from shape import Ranked, Shape


def attention(
    tier: int, op: str, lengths: tuple[int, int], heads: tuple[int, int], head_dim: int, causal: int,
    format: str = "bf16", batch: Optional[int] = None,
) -> Iterator[Ranked]:  # fmt: skip
    """Forward and backward of (queries, keys) positions and (query, key-value) heads, about 8192 queries in all."""
    sequences = batch or max(1, 8192 // lengths[0])
    for pass_ in ("forward", "backward"):
        yield Ranked(
            tier,
            Shape(
                "attention", op, pass_, format, batch=sequences, heads=heads[0], kv_heads=heads[1],
                queries=lengths[0], keys=lengths[1], head_dim=head_dim, causal=causal,
            ),
        )  # fmt: skip


# Sequence lengths and heads that keep the longest kernel below a second.
LONG_HEADS = {512: 32, 1024: 32, 2048: 32, 4096: 32, 8192: 32, 16384: 32, 32768: 16, 65536: 8, 131072: 4}


def dense_attention(op: str, tier: int) -> Iterator[Ranked]:
    """Equal numbers of heads, all lengths, both masks; several head sizes."""
    for length, heads in LONG_HEADS.items():
        core = length in (2048, 4096, 8192)
        yield from attention(tier if core else max(tier, 1), op, (length, length), (heads, heads), 128, 1)
        yield from attention(max(tier, 1), op, (length, length), (heads, heads), 128, 0)
        if op == "flash":
            yield from attention(2, op, (length, length), (4, 4), 128, 1)
    for head_dim in (64, 96, 256):
        for length in (512, 2048, 8192, 32768):
            for causal in (1, 0):
                yield from attention(max(tier, 1), op, (length, length), (16, 16), head_dim, causal)


def shared_key_attention(op: str, tier: int, pairs: Iterable[tuple[int, int]]) -> Iterator[Ranked]:
    """Grouped queries: several query heads share keys and values, here as tensor parallelism leaves them."""
    for heads in pairs:
        for length in (2048, 4096, 8192, 32768):
            yield from attention(tier, op, (length, length), heads, 128, 1)


def special_attention() -> Iterator[Ranked]:
    """Cross-attention and context parallelism (unequal lengths), images, latent attention, other formats."""
    for queries, keys in ((512, 2048), (1024, 4096), (2048, 8192), (4096, 32768), (8192, 65536), (8192, 131072)):
        yield from attention(1, "flash", (queries, keys), (8, 8), 128, 0)
    for head_dim in (64, 80):
        yield from attention(2, "flash", (197, 197), (16, 16), head_dim, 0, batch=64)
        yield from attention(2, "flash", (512, 512), (16, 16), head_dim, 0, batch=32)
    for length in (2048, 4096, 8192):
        yield from attention(2, "flash", (length, length), (16, 16), 192, 1)
        yield from attention(3, "flash", (length, length), (32, 32), 128, 1, "fp16")
    for length in (512, 2048):
        for format in ("bf16", "fp16", "fp32"):
            yield from attention(3, "math", (length, length), (16, 16), 64, 0, format, batch=4)
        yield from attention(3, "efficient", (length, length), (16, 16), 64, 0, "fp32")
    # What GPUs without the other two run.
    for length in (512, 1024, 2048, 4096, 8192, 16384):
        for head_dim, causal in itertools.product((64, 128), (0, 1)):
            yield from attention(3, "efficient", (length, length), (16, 16), head_dim, causal)


def attentions() -> Iterator[Ranked]:
    """All fused attention."""
    yield from dense_attention("flash", 0)
    yield from shared_key_attention("flash", 1, ((32, 8), (64, 8), (16, 2), (8, 1)))
    yield from special_attention()
    yield from dense_attention("cudnn", 1)
    yield from shared_key_attention("cudnn", 2, ((32, 8), (8, 1)))
