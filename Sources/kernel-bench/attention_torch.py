"""Fused attention by each of PyTorch's backends, forward and backward."""

from __future__ import annotations

import contextlib
from typing import Callable

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

from shape import Shape
from timing import Call

BACKENDS = {
    "flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION, "math": SDPBackend.MATH,
}  # fmt: skip


def prepare(shape: Shape, normal: Callable[..., torch.Tensor]) -> Call:
    """A call that may use one backend only. The forward pass keeps what the backward pass needs, as in training."""

    def heads(count: int, length: int) -> torch.Tensor:
        # Projections leave positions before heads in memory.
        stored = normal(shape.batch, length, count, shape.head_dim, format=shape.format)
        return stored.transpose(1, 2).requires_grad_()

    inputs = (
        heads(shape.heads, shape.queries), heads(shape.kv_heads, shape.keys), heads(shape.kv_heads, shape.keys)
    )  # fmt: skip
    shared = {"enable_gqa": True} if shape.heads != shape.kv_heads else {}

    def forward() -> torch.Tensor:
        return scaled_dot_product_attention(*inputs, is_causal=bool(shape.causal), **shared)

    with contextlib.ExitStack() as stack:
        stack.enter_context(sdpa_kernel(BACKENDS[shape.op]))
        if shape.pass_ == "forward":
            # The choice of backend holds until the call is closed.
            return Call(forward, close=stack.pop_all().close)
        output = forward()
    gradient = normal(*output.shape, format=shape.format)
    return Call(lambda: torch.autograd.grad(output, inputs, gradient, retain_graph=True), launches=12)
