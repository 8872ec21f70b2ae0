"""Memory-bound operations as a plain PyTorch model runs them: no compiler, so some are several kernels."""

from __future__ import annotations

from typing import Callable

import torch
from torch.nn import functional

from memory_shapes import CAST_SOURCE, GATHER_VOCABULARY, scattered_vocabulary
from shape import Shape
from timing import Call

HEAD_DIM = 128
DROPOUT = 0.1
Normal = Callable[..., torch.Tensor]


def prepare(shape: Shape, normal: Normal) -> Call:
    """The call of a shape; `normal` makes random numbers of a size and format on the device."""
    if shape.op in WITHOUT_GRADIENT:
        return Call(WITHOUT_GRADIENT[shape.op](shape, normal))
    forward, inputs = WITH_GRADIENT[shape.op](shape, normal)
    if shape.pass_ == "forward":
        return Call(forward)
    output = forward()
    gradient = torch.randn_like(output)
    return Call(lambda: torch.autograd.grad(output, inputs, gradient, retain_graph=True), launches=20)


# --- Operations without a gradient kernel: a function to run ---------------------------------------------------------


def adam(shape: Shape, normal: Normal) -> Callable[[], object]:
    """A fused AdamW step of one parameter; its states are made by the first step."""
    parameter = normal(shape.width, format=shape.format).requires_grad_()
    parameter.grad = normal(shape.width, format=shape.format)
    return torch.optim.AdamW([parameter], lr=1e-6, fused=True).step


def grad_norm(shape: Shape, normal: Normal) -> Callable[[], object]:
    """The 2-norm of a gradient."""
    gradient = normal(shape.width, format=shape.format)
    return lambda: torch.linalg.vector_norm(gradient)


def cast(shape: Shape, normal: Normal) -> Callable[[], object]:
    """A copy in another format."""
    source = normal(shape.rows, shape.width, format=CAST_SOURCE[shape.format])
    target = normal(1, format=shape.format).dtype
    return lambda: source.to(target)


def add(shape: Shape, normal: Normal) -> Callable[[], object]:
    """The sum of two tensors."""
    x, y = (normal(shape.rows, shape.width, format=shape.format) for _ in range(2))
    return lambda: x + y


WITHOUT_GRADIENT = {"adam": adam, "grad_norm": grad_norm, "cast": cast, "add": add}


# --- Operations with a gradient: the forward function and the inputs to differentiate by -----------------------------

Differentiable = tuple[Callable[[], torch.Tensor], tuple[torch.Tensor, ...]]


def activation(shape: Shape, normal: Normal) -> torch.Tensor:
    """Random numbers of rows x width that take part in differentiation."""
    return normal(shape.rows, shape.width, format=shape.format).requires_grad_()


def weights(shape: Shape, normal: Normal) -> torch.Tensor:
    """Random numbers of one row, likewise."""
    return normal(shape.width, format=shape.format).requires_grad_()


def layer_norm(shape: Shape, normal: Normal) -> Differentiable:
    """With weight and bias."""
    x, weight, bias = activation(shape, normal), weights(shape, normal), weights(shape, normal)
    return lambda: functional.layer_norm(x, (shape.width,), weight, bias), (x, weight, bias)


def rms_norm(shape: Shape, normal: Normal) -> Differentiable:
    """With weight."""
    x, weight = activation(shape, normal), weights(shape, normal)
    return lambda: functional.rms_norm(x, (shape.width,), weight, 1e-5), (x, weight)


def softmax(shape: Shape, normal: Normal) -> Differentiable:
    """Over the width."""
    x = activation(shape, normal)
    return lambda: functional.softmax(x, dim=-1), (x,)


def gelu(shape: Shape, normal: Normal) -> Differentiable:
    """The approximation by tanh that GPT models use."""
    x = activation(shape, normal)
    return lambda: functional.gelu(x, approximate="tanh"), (x,)


def swiglu(shape: Shape, normal: Normal) -> Differentiable:
    """Gate and value are separate tensors."""
    gate, value = activation(shape, normal), activation(shape, normal)
    return lambda: functional.silu(gate) * value, (gate, value)


def rotary(shape: Shape, normal: Normal) -> Differentiable:
    """Rotation of all heads of each position by halves."""
    x = normal(shape.rows, shape.width // HEAD_DIM, HEAD_DIM, format=shape.format).requires_grad_()
    angles = normal(shape.rows, 1, HEAD_DIM, format="fp32")
    cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)

    def forward() -> torch.Tensor:
        first, second = x.chunk(2, dim=-1)
        return x * cosine + torch.cat((-second, first), dim=-1) * sine

    return forward, (x,)


def dropout_add(shape: Shape, normal: Normal) -> Differentiable:
    """Dropout of a branch and its sum with the residual."""
    branch, residual = activation(shape, normal), activation(shape, normal)
    return lambda: functional.dropout(branch, DROPOUT, training=True) + residual, (branch, residual)


def embedding(shape: Shape, normal: Normal) -> Differentiable:
    """Look-up of random rows; backward, a dense gradient of the whole table."""
    vocabulary = scattered_vocabulary(shape) if shape.op == "embedding_scatter" else GATHER_VOCABULARY
    table = normal(vocabulary, shape.width, format=shape.format).requires_grad_()
    indices = torch.randint(vocabulary, (shape.rows,), device=table.device)
    return lambda: functional.embedding(indices, table), (table,)


def permute(shape: Shape, normal: Normal) -> Differentiable:
    """Rows in random order, as tokens go to their experts and back."""
    x = activation(shape, normal)
    order = torch.randperm(shape.rows, device=x.device)
    return lambda: x.index_select(0, order), (x,)


def cross_entropy(shape: Shape, normal: Normal) -> Differentiable:
    """Mean loss over the rows; the width is the vocabulary."""
    logits = activation(shape, normal)
    targets = torch.randint(shape.width, (shape.rows,), device=logits.device)
    return lambda: functional.cross_entropy(logits, targets), (logits,)


WITH_GRADIENT = {
    "layer_norm": layer_norm, "rms_norm": rms_norm, "softmax": softmax, "gelu": gelu, "swiglu": swiglu,
    "rotary": rotary, "dropout_add": dropout_add, "embedding_gather": embedding, "embedding_scatter": embedding,
    "permute": permute, "cross_entropy": cross_entropy,
}  # fmt: skip
