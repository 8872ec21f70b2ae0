"""Products: those of real models cut by tensor parallelism 1 to 8, and around them a grid of squares and tall, flat,
deep, tiny and odd ones, so that a reader can interpolate. Also grouped ones, and those that run beside other work.
"""

from __future__ import annotations

from typing import Iterable, Iterator, NamedTuple

from shape import Ranked, Shape

LAYOUTS = {"forward": "TN", "dgrad": "NN", "wgrad": "NT"}
TENSOR_PARALLEL = (1, 2, 4, 8)


class Model(NamedTuple):
    """The widths of a Transformer that its products are made of."""

    name: str
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    feed_forward: int
    gated: bool
    vocabulary: int


# Those people train most, one for each size.
FLAGSHIPS = (
    Model("llama-3.1-8b", 4096, 32, 8, 128, 14336, True, 128256),
    Model("llama-3.1-70b", 8192, 64, 8, 128, 28672, True, 128256),
    Model("llama-2-7b", 4096, 32, 32, 128, 11008, True, 32000),
    Model("gpt-3-175b", 12288, 96, 96, 128, 49152, False, 50257),
    Model("llama-3.1-405b", 16384, 128, 8, 128, 53248, True, 128256),
)
OTHERS = (
    Model("bert-large", 1024, 16, 16, 64, 4096, False, 30522),
    Model("bert-huge", 1280, 16, 16, 80, 5120, False, 30522),
    Model("gpt2-xl", 1600, 25, 25, 64, 6400, False, 50257),
    Model("llama-3.2-1b", 2048, 32, 8, 64, 8192, True, 128256),
    Model("llama-2-13b", 5120, 40, 40, 128, 13824, True, 32000),
    Model("gpt-neox-20b", 6144, 64, 64, 96, 24576, False, 50432),
    Model("qwen2.5-72b", 8192, 64, 8, 128, 29568, True, 152064),
)


def gemm(pass_: str, format: str, m: int, n: int, k: int, batch: int = 1) -> Shape:
    """A product. fp8 tensor cores take one layout only, so training transposes copies and runs TN in every pass."""
    layout = "TN" if format == "fp8" else LAYOUTS[pass_]
    return Shape("gemm", "matmul", pass_, format, layout, batch, m, n, k)


def linear_passes(format: str, tokens: int, outputs: int, inputs: int) -> Iterator[Shape]:
    """The three products of a linear layer with `outputs` x `inputs` weights, each in its own m, n, k."""
    yield gemm("forward", format, tokens, outputs, inputs)
    yield gemm("dgrad", format, tokens, inputs, outputs)
    yield gemm("wgrad", format, outputs, inputs, tokens)


def linear_layers(model: Model, degree: int) -> Iterator[tuple[int, int]]:
    """Outputs and inputs of the layers of one block on one of `degree` tensor-parallel GPUs."""
    if model.heads % degree:
        return
    queries = model.heads * model.head_dim // degree
    key_values = 2 * max(model.kv_heads // degree, 1) * model.head_dim
    feed_forward = model.feed_forward // degree
    yield queries + key_values, model.hidden
    yield model.hidden, queries
    yield feed_forward * (2 if model.gated else 1), model.hidden
    yield model.hidden, feed_forward


def model_gemms(
    tier: int, format: str, models: Iterable[Model], degrees: Iterable[int], tokens: Iterable[int]
) -> Iterator[Ranked]:
    """Every pass of every linear layer of the blocks."""
    for count in tokens:
        for model in models:
            for degree in degrees:
                for outputs, inputs in linear_layers(model, degree):
                    for shape in linear_passes(format, count, outputs, inputs):
                        yield Ranked(tier, shape)


def head_gemms(tier: int, models: Iterable[Model], degrees: Iterable[int], tokens: int) -> Iterator[Ranked]:
    """The product with the vocabulary, whose sizes are often odd."""
    for model in models:
        for degree in degrees:
            for shape in linear_passes("bf16", tokens, -(-model.vocabulary // degree), model.hidden):
                yield Ranked(tier, shape)


def square_gemms(tier: int, format: str, sizes: Iterable[int]) -> Iterator[Ranked]:
    """Squares in all layouts: the grid everything else is compared with."""
    for size in sizes:
        for pass_ in LAYOUTS:
            yield Ranked(tier, gemm(pass_, format, size, size, size))


def unusual_gemms() -> Iterator[Ranked]:
    """Tiny, tall, flat, deep and odd products, where libraries leave their usual kernels."""
    for m in (1, 8, 16, 32, 64, 128, 256, 512):
        for n, k in ((1024, 1024), (4096, 4096), (6144, 4096), (28672, 8192)):
            yield Ranked(1, gemm("forward", "bf16", m, n, k))
    for pass_ in LAYOUTS:
        for narrow in (64, 128, 256, 1024):
            yield Ranked(1, gemm(pass_, "bf16", 131072, narrow, 1024))
            yield Ranked(1, gemm(pass_, "bf16", narrow, 65536, 4096))
            yield Ranked(1, gemm(pass_, "bf16", 1024, narrow, 131072))
            yield Ranked(1, gemm(pass_, "bf16", 32768, 4096, narrow))
        for m, n, k in (
            (1000, 1000, 1000), (2047, 2047, 2047), (2049, 2049, 2049), (4095, 4096, 4096), (4097, 4096, 4096),
            (4096, 4095, 4096), (4096, 4097, 4096), (4096, 4096, 4095), (4096, 4096, 4097), (4100, 4100, 4100),
            (3152, 1280, 1280), (12608, 5120, 1280), (5000, 7000, 3000), (7777, 7777, 7777),
        ):  # fmt: skip
            yield Ranked(1, gemm(pass_, "bf16", m, n, k))


def attention_products(tier: int, format: str, batch: int, length: int, head_dim: int) -> Iterator[Ranked]:
    """The batched products of unfused attention: scores, weighted sum, gradients; `batch` is sequences times heads.

    The weighted sum has the layout of an input gradient and is the same product, so it stands there.
    """
    yield Ranked(tier, gemm("forward", format, length, length, head_dim, batch))
    yield Ranked(tier, gemm("dgrad", format, length, head_dim, length, batch))
    yield Ranked(tier, gemm("wgrad", format, length, head_dim, length, batch))


def batched_gemms() -> Iterator[Ranked]:
    """Unfused attention of language models, image models and windows of images."""
    for length in (512, 1024, 2048, 4096):
        for head_dim in (64, 128):
            for batch in (16, 64):
                yield from attention_products(1, "bf16", batch, length, head_dim)
        yield from attention_products(2, "bf16", 4, length, 96)
        for format in ("fp16", "tf32", "fp32"):
            yield from attention_products(3, format, 16, length, 64)
    for format in ("bf16", "fp16", "fp32"):
        tier = 1 if format == "bf16" else 3
        yield from attention_products(tier, format, 512, 197, 80)
        yield from attention_products(tier, format, 256, 512, 64)
        yield from attention_products(tier, format, 12288, 49, 32)


def gemms() -> Iterator[Ranked]:
    """All products, batched ones included."""
    yield from model_gemms(0, "bf16", FLAGSHIPS[:4], (1, 8), (4096,))
    yield from square_gemms(0, "bf16", (1024, 2048, 4096, 8192, 16384))
    yield from head_gemms(1, FLAGSHIPS[:4], (1, 8), 4096)
    yield from model_gemms(1, "bf16", FLAGSHIPS, TENSOR_PARALLEL, (2048, 8192))
    yield from unusual_gemms()
    yield from batched_gemms()
    yield from square_gemms(1, "bf16", (128, 256, 384, 512, 768, 1536, 3072, 6144, 12288))
    yield from model_gemms(1, "fp8", FLAGSHIPS[:2], (1, 8), (4096,))
    yield from square_gemms(1, "fp8", (1024, 2048, 4096, 8192, 16384))
    yield from model_gemms(2, "bf16", OTHERS, TENSOR_PARALLEL, (2048, 8192))
    yield from head_gemms(2, OTHERS, (1,), 2048)
    yield from model_gemms(2, "bf16", FLAGSHIPS, TENSOR_PARALLEL, (1024, 4096, 16384))
    yield from model_gemms(2, "fp8", FLAGSHIPS, (1, 4), (8192,))
    yield from model_gemms(2, "fp16", FLAGSHIPS[:2], (1, 8), (4096,))
    yield from model_gemms(2, "tf32", FLAGSHIPS[:1], (1, 8), (4096,))
    yield from square_gemms(2, "fp16", (256, 512, 1024, 2048, 4096, 8192, 16384))
    yield from square_gemms(2, "tf32", (256, 512, 1024, 2048, 4096, 8192))
    yield from square_gemms(2, "fp32", (256, 512, 1024, 2048, 4096, 8192))
    yield from model_gemms(3, "fp16", OTHERS[:3], (1, 2), (4096,))
    yield from model_gemms(3, "tf32", OTHERS[:3], (1, 2), (4096,))
    yield from model_gemms(3, "fp32", OTHERS[:2], (1, 2), (4096,))


class Experts(NamedTuple):
    """Experts of a mixture: those of one GPU, and the widths of each."""

    groups: int
    hidden: int
    feed_forward: int


def grouped(pass_: str, groups: int, m: int, n: int, k: int) -> Shape:
    """Equal products of several experts in one kernel."""
    return Shape("grouped_gemm", "matmul", pass_, "bf16", "", groups, m, n, k)


def grouped_passes(tier: int, experts: Experts, tokens: int) -> Iterator[Ranked]:
    """Up (gate and up in one) and down projection of `tokens` tokens for each expert."""
    for outputs, inputs in (
        (2 * experts.feed_forward, experts.hidden),
        (experts.hidden, experts.feed_forward),
    ):
        for shape in linear_passes("bf16", tokens, outputs, inputs):
            yield Ranked(tier, grouped(shape.pass_, experts.groups, shape.m, shape.n, shape.k))


def grouped_gemms() -> Iterator[Ranked]:
    """Mixtral, Qwen3, DeepSeek-V3 and gpt-oss experts, all on one GPU or shared by expert parallelism."""
    for tokens in (256, 1024, 4096):
        yield from grouped_passes(1, Experts(8, 4096, 14336), tokens)
        yield from grouped_passes(2, Experts(1, 4096, 14336), tokens)
    for tokens in (64, 256, 1024):
        yield from grouped_passes(1, Experts(32, 7168, 2048), tokens)
        yield from grouped_passes(2, Experts(16, 4096, 1536), tokens)
    for tokens in (64, 256):
        yield from grouped_passes(2, Experts(128, 2048, 768), tokens)
        yield from grouped_passes(2, Experts(16, 2880, 2880), tokens)


def overlap(tier: int, m: int, n: int, k: int) -> Iterator[Ranked]:
    """A product beside a copy from the host and beside a memory-bound kernel."""
    for op in ("copy", "memory"):
        yield Ranked(tier, Shape("overlap", op, "forward", "bf16", "TN", 1, m, n, k))


def overlaps() -> Iterator[Ranked]:
    """Products of 0.1 ms to 4 ms, short and long in k."""
    yield from overlap(0, 4096, 4096, 4096)
    yield from overlap(0, 4096, 28672, 4096)
    for m, n, k in (
        (2048, 2048, 8192), (8192, 8192, 1024), (8192, 4096, 14336), (8192, 8192, 8192), (2048, 16384, 16384),
    ):  # fmt: skip
        yield from overlap(1, m, n, k)
