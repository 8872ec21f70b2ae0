"""Every operation as PyTorch runs it in training: products, copies, launches here, the others in their own files."""

from __future__ import annotations

import os
import time
import warnings
from typing import Callable, Optional

import torch

import attention_torch
import elementwise_torch
from device import cpu_name
from shape import Shape
from timing import Call, HostTimer, RepeatPlan, Sample, Unsupported

DTYPES = {
    "fp8": torch.float8_e4m3fn, "bf16": torch.bfloat16, "fp16": torch.float16,
    "tf32": torch.float32, "fp32": torch.float32,
}  # fmt: skip
# Compute capability from which tensor cores take a format.
LEAST_CAPABILITY = {"bf16": (8, 0), "tf32": (8, 0), "fp8": (8, 9)}
# Kernels of one timed sequence; few enough for the queue of a stream.
SEQUENCE = 500
EAGER_SEQUENCE = 2000
HOST_FLUSH_BYTES = 1 << 24
# What runs beside a product, over and over: bytes of a copy from the host, elements of a sum.
COPY_PIECE_BYTES = 32 << 20
SUM_PIECE_ELEMENTS = 16 << 20
WARM_UP_S = 1.5


class TorchBackend:
    """Prepares and times shapes on one device."""

    def __init__(self, device: str, plan: RepeatPlan) -> None:
        # Refusals of attention backends come as warnings beside the error that is reported.
        warnings.simplefilter("ignore")
        self.device = torch.device(device)
        self.on_gpu = device == "cuda"
        self.host = torch.empty(0, dtype=torch.uint8)
        if self.on_gpu:
            from cuda_timer import CudaTimer

            self.timer = CudaTimer(plan)
            self.method_note = f"PyTorch kernels, L2 flushed by writing {self.timer.buffer.numel() >> 20} MiB"
            self._warm_up()
        else:
            buffer = torch.empty(HOST_FLUSH_BYTES, dtype=torch.uint8)
            self.timer = HostTimer(plan, flush=buffer.zero_)
            self.method_note = "PyTorch on the host, a test of the path and no measurement of a GPU"

    # --- About the device --------------------------------------------------------------------------------------------

    def header(self) -> dict[str, str]:
        """Header keys of the device and the libraries; the driver's version is added where nvidia-smi tells it."""
        library = f"PyTorch {torch.__version__}"
        if not self.on_gpu:
            return {"gpu": f"none ({cpu_name()})", "driver": "none", "cuda": "none", "library": library}
        properties = torch.cuda.get_device_properties(0)
        return {
            "gpu": properties.name,
            "driver": "unknown",
            "cuda": str(torch.version.cuda),
            "library": f"{library}, cuDNN {torch.backends.cudnn.version()}",
            "multiprocessors": str(properties.multi_processor_count),
            "memory_bytes": str(properties.total_memory),
        }

    def sensor_identifier(self) -> Optional[str]:
        """How nvidia-smi names the GPU that PyTorch calls the first."""
        if not self.on_gpu:
            return None
        uuid = getattr(torch.cuda.get_device_properties(0), "uuid", None)
        if uuid is not None:
            return f"GPU-{uuid}"
        return os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0] or "0"

    def unsupported_format(self, format: str) -> Optional[str]:
        """Why no shape of a format can run here, or `None`."""
        least = LEAST_CAPABILITY.get(format)
        if not self.on_gpu or least is None or torch.cuda.get_device_capability(0) >= least:
            return None
        return f"the GPU has no {format} tensor cores (needs compute capability {least[0]}.{least[1]})"

    def recover(self) -> bool:
        """Gives memory back after a shape that failed; false when the GPU answers no more, as after some errors."""
        if not self.on_gpu:
            return True
        try:
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
        except RuntimeError:
            return False
        return True

    def _warm_up(self) -> None:
        """Works until the clocks have risen from idle."""
        x = self.normal(4096, 4096, format="fp16")
        end = time.monotonic() + WARM_UP_S
        while time.monotonic() < end:
            torch.mm(x, x)
            torch.cuda.synchronize()

    # --- Operations --------------------------------------------------------------------------------------------------

    def measure(self, call: Call) -> Sample:
        """Times a prepared call."""
        return self.timer.measure(call)

    def prepare(self, shape: Shape) -> Call:
        """The call a shape stands for, with fresh random data."""
        builders: dict[str, Callable[[Shape], Call]] = {
            "gemm": self._gemm, "grouped_gemm": self._grouped, "copy": self._copy, "launch": self._launch,
            "overlap": self._overlap,
        }  # fmt: skip
        if shape.kind == "attention":
            return attention_torch.prepare(shape, self.normal)
        if shape.kind == "elementwise":
            return elementwise_torch.prepare(shape, self.normal)
        return builders[shape.kind](shape)

    def normal(self, *size: int, format: str = "fp32") -> torch.Tensor:
        """Fresh normally distributed numbers; zeros would let a GPU clock higher than real data does."""
        if format == "fp8":
            return torch.randn(size, dtype=torch.bfloat16, device=self.device).to(DTYPES[format])
        return torch.randn(size, dtype=DTYPES[format], device=self.device)

    def _gemm(self, shape: Shape) -> Call:
        if shape.format == "fp8":
            return self._gemm_fp8(shape)
        torch.set_float32_matmul_precision("high" if shape.format == "tf32" else "highest")
        left, right = self._operands(shape, () if shape.batch == 1 else (shape.batch,))
        product = torch.mm if shape.batch == 1 else torch.bmm
        return Call(lambda: product(left, right), launches=3)

    def _operands(self, shape: Shape, batch: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
        """Operands stored as the pass stores them (rows contiguous) and seen as m x k and k x n."""

        def stored(rows: int, columns: int, transposed: bool) -> torch.Tensor:
            if transposed:
                return self.normal(*batch, columns, rows, format=shape.format).transpose(-1, -2)
            return self.normal(*batch, rows, columns, format=shape.format)

        return (
            stored(shape.m, shape.k, transposed=shape.layout == "NT"),
            stored(shape.k, shape.n, transposed=shape.layout == "TN"),
        )

    def _gemm_fp8(self, shape: Shape) -> Call:
        """One scale for each tensor. Only the forward pass accumulates fast; gradients need the exact sum."""
        left, right = self._operands(shape, ())
        scale = torch.rand((), device=self.device) + 0.5
        fast = shape.pass_ == "forward"

        def run() -> torch.Tensor:
            return torch._scaled_mm(
                left, right, scale_a=scale, scale_b=scale, out_dtype=torch.bfloat16, use_fast_accum=fast
            )

        return Call(run, launches=3)

    def _grouped(self, shape: Shape) -> Call:
        product = getattr(torch.nn.functional, "grouped_mm", None) or getattr(torch, "_grouped_mm", None)
        if product is None:
            raise Unsupported(f"PyTorch {torch.__version__} has no grouped product")
        groups, m, n, k, format = shape.batch, shape.m, shape.n, shape.k, shape.format
        ends = torch.arange(1, groups + 1, dtype=torch.int32, device=self.device)
        if shape.pass_ == "wgrad":
            left, right = self.normal(groups * k, m, format=format).t(), self.normal(groups * k, n, format=format)
            ends = ends * k
        else:
            left, ends = self.normal(groups * m, k, format=format), ends * m
            forward = shape.pass_ == "forward"
            right = self.normal(groups, *((n, k) if forward else (k, n)), format=format)
            right = right.transpose(1, 2) if forward else right
        # Where a chip has no kernel for all groups, PyTorch runs one product for each.
        return Call(lambda: product(left, right, offs=ends), launches=groups + 4)

    def _host_bytes(self, count: int) -> torch.Tensor:
        """Page-locked host memory with random bytes, kept because locking pages is slow."""
        if self.host.numel() < count:
            self.host = torch.empty(count, dtype=torch.uint8, pin_memory=self.on_gpu)
            self.host.copy_(self._random_bytes(count))
        return self.host[:count]

    def _random_bytes(self, count: int) -> torch.Tensor:
        return torch.randint(256, (count,), dtype=torch.uint8, device=self.device)

    def _copy(self, shape: Shape) -> Call:
        near = self._random_bytes(shape.bytes)
        far = torch.empty_like(near) if shape.op == "d2d" else self._host_bytes(shape.bytes)
        target, source = (near, far) if shape.op == "h2d" else (far, near)
        return Call(lambda: target.copy_(source, non_blocking=True), launches=1)

    def _launch(self, shape: Shape) -> Call:
        x = self.normal(1)

        def sequence(count: int) -> None:
            for _ in range(count):
                x.add_(1.0)

        if shape.op == "stream":
            return Call(lambda: sequence(SEQUENCE), kernels=SEQUENCE, launches=SEQUENCE)
        if shape.op == "eager":
            return Call(lambda: (sequence(EAGER_SEQUENCE), self._finish()), kernels=EAGER_SEQUENCE, waits=True)
        if not self.on_gpu:
            raise Unsupported("graphs of launches need a GPU")
        sequence(1)
        self._finish()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            sequence(SEQUENCE)
        return Call(graph.replay, kernels=SEQUENCE, launches=SEQUENCE)

    def _finish(self) -> None:
        if self.on_gpu:
            torch.cuda.synchronize()

    def _overlap(self, shape: Shape) -> Call:
        call = self._gemm(shape)
        if shape.op == "copy":
            target = self._random_bytes(COPY_PIECE_BYTES)
            source = self._host_bytes(COPY_PIECE_BYTES)
            call.beside = lambda: target.copy_(source, non_blocking=True)
        else:
            x, y, z = (self.normal(SUM_PIECE_ELEMENTS, format=shape.format) for _ in range(3))
            call.beside = lambda: torch.add(x, y, out=z)
        return call
