#!/usr/bin/env python3
"""Measures how long the kernels of Transformer training take on one GPU and writes a kernel table.

    python3 measure_kernels.py --out h200.h5

See README.md beside this file.
"""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Sequence

import device
import table as tables
from costs import expected_row_s, expected_run_s, floor_us
from shape import KINDS, Ranked, Shape
from shapes import in_fp16, ranked_shapes
from table import Table, TableError
from timing import FULL_PLAN, QUICK_PLAN, Backend, RepeatPlan, Unsupported

SAVE_EVERY_S = 20.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def parse(arguments: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(description="Measure kernel times of one GPU and write them as a kernel table.")
    parser.add_argument("--out", type=Path, default=Path("kernels.h5"), help="HDF5 file (default: %(default)s)")
    parser.add_argument("--csv", type=Path, help="CSV file with the same content (default: beside --out)")
    parser.add_argument("--budget-s", type=float, default=450, help="stop after so many seconds (%(default)s)")
    parser.add_argument("--only", type=kinds, metavar="KIND[,..]", help="measure only these: " + ", ".join(KINDS))
    parser.add_argument("--resume", type=Path, metavar="FILE", help="keep the rows of this table, measure the others")
    parser.add_argument("--dry-run", action="store_true", help="list the shapes and what they take on an H100; no GPU")
    parser.add_argument("--quick", action="store_true", help="tiny shapes, few repeats: tests the path")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu tests the path without a GPU")
    parser.add_argument(
        "--library", choices=("auto", "torch", "numpy"), default="auto",
        help="what computes (auto: PyTorch, on the CPU NumPy where PyTorch is missing)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if options.out.suffix not in (".h5", ".hdf5"):
        parser.error(f"--out {options.out}: the file must end in .h5 or .hdf5")
    options.csv = options.csv or options.out.with_suffix(".csv")
    if not options.budget_s > 0:
        parser.error(f"--budget-s {options.budget_s:g}: must be more than 0")
    for path in (options.out, options.csv):
        if not options.dry_run and not path.resolve().parent.is_dir():
            parser.error(f"{path}: there is no folder {path.resolve().parent}")
    if options.library == "numpy" and options.device == "cuda":
        parser.error("--library numpy: NumPy needs --device cpu")
    return options


def kinds(text: str) -> tuple[str, ...]:
    """The argument of `--only`."""
    chosen = tuple(text.split(","))
    for kind in chosen:
        if kind not in KINDS:
            raise argparse.ArgumentTypeError(f"unknown kind {kind!r}; there are {', '.join(KINDS)}")
    return chosen


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the program; the exit status."""
    started = time.monotonic()
    options = parse(arguments)
    plan = QUICK_PLAN if options.quick else FULL_PLAN
    ranked = ranked_shapes(options.quick, options.only)
    if options.dry_run:
        print_dry_run(ranked, plan)
        return 0
    try:
        backend = make_backend(options, plan)
        table = make_table(options, backend, plan)
    except (Unsupported, TableError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if tables.h5py is None:
        print(f"h5py is not installed: only {options.csv} will be written", file=sys.stderr)
    run = Run(options, backend, table, started)
    shapes = [shape for _, shape in ranked]
    if backend.unsupported_format("bf16"):
        print("the GPU has no bf16: fp16 is measured instead", file=sys.stderr)
        shapes = in_fp16(shapes)
    run.measure([shape for shape in shapes if shape.key() not in table.rows])
    return run.finish()


# --- Dry run ---------------------------------------------------------------------------------------------------------


def print_dry_run(ranked: Sequence[Ranked], plan: RepeatPlan) -> None:
    """Every shape in order with its tier and floor, then counts and expected seconds by kind."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for tier, shape in ranked:
        print(f"{tier} {shape} floor_us={floor_us(shape):.4g}")
    counts = Counter(shape.kind for _, shape in ranked)
    for kind in KINDS:
        seconds = sum(expected_row_s(shape, plan) for _, shape in ranked if shape.kind == kind)
        print(f"# {kind}: {counts[kind]} shapes, {seconds:.0f} s")
    total = expected_run_s((shape for _, shape in ranked), plan)
    print(f"# all: {len(ranked)} shapes, {total:.0f} s expected on an H100")


# --- Measuring -------------------------------------------------------------------------------------------------------


def make_backend(options: argparse.Namespace, plan: RepeatPlan) -> Backend:
    """The library that computes, on the device asked for."""
    has_torch = importlib.util.find_spec("torch") is not None
    if options.library == "numpy" or (options.library == "auto" and options.device == "cpu" and not has_torch):
        from operations_numpy import NumpyBackend

        return NumpyBackend(plan)
    if not has_torch:
        raise Unsupported("PyTorch is not installed; --device cpu tests the path with NumPy")
    import torch

    if options.device == "cuda" and not torch.cuda.is_available():
        raise Unsupported("PyTorch sees no NVIDIA GPU; --device cpu tests the path without one")
    from operations_torch import TorchBackend

    return TorchBackend(options.device, plan)


def make_table(options: argparse.Namespace, backend: Backend, plan: RepeatPlan) -> Table:
    """An empty table of this machine, or one with the rows to resume from."""
    clock = "CUDA events" if backend.sensor_identifier() else "host clock"
    header = {
        "format": tables.FORMAT,
        "name": options.out.stem,
        "provenance": "measured",
        "source": f"galvasim Sources/kernel-bench, commit {device.git_commit()}",
        "date": device.today(),
        "method": (
            f"{clock} around one call, median of {plan.least} to {plan.most} repeats (3 and up beyond "
            f"{plan.target_us / 1000:g} ms) after warm-up, fresh normal random data; {backend.method_note}"
        ),
    }
    header.update(backend.header())
    entry = device.catalogue_name(header["gpu"])
    if entry:
        header["device"] = entry
    table = Table(header)
    if options.resume:
        earlier = tables.read(options.resume)
        if earlier.header.get("gpu") != header["gpu"]:
            raise TableError(f"{options.resume} is of {earlier.header.get('gpu')}, this machine has {header['gpu']}")
        if earlier.header.get("library") != header["library"]:
            print(f"note: {options.resume} was made with {earlier.header.get('library')}", file=sys.stderr)
        table.rows.update(earlier.rows)
    return table


@dataclass
class Run:
    """One pass over the shapes, ended by their end, the budget, a signal or a lost device."""

    options: argparse.Namespace
    backend: Backend
    table: Table
    started: float
    saved: float = 0.0
    skipped: int = 0
    left: int = 0
    signal: Optional[int] = None
    lost: bool = False
    sensors: device.Sensors = field(init=False)

    def __post_init__(self) -> None:
        self.sensors = device.Sensors(self.backend.sensor_identifier())
        self.saved = self.elapsed()

    def elapsed(self) -> float:
        """Seconds since the program started."""
        return time.monotonic() - self.started

    def measure(self, shapes: Sequence[Shape]) -> None:
        """Measures shape after shape and saves every few seconds."""
        for number in SIGNALS:
            signal.signal(number, self._stop)
        shapes = self._supported(shapes)
        for index, shape in enumerate(shapes):
            if self.signal is not None or self.lost or self.elapsed() >= self.options.budget_s:
                self.left = len(shapes) - index
                break
            self._measure_one(shape)
            if self.elapsed() - self.saved >= SAVE_EVERY_S:
                self._save()
                print(f"{self.elapsed():4.0f} s: {index + 1} of {len(shapes)} shapes", file=sys.stderr, flush=True)

    def _stop(self, number: int, _frame: object) -> None:
        """Ends the run after the shape in hand; the same signal again ends it at once."""
        self.signal = number
        signal.signal(number, signal.SIG_DFL)

    def _supported(self, shapes: Sequence[Shape]) -> list[Shape]:
        """The shapes without those of formats the device lacks, which are reported once for each format."""
        counts = Counter(shape.format for shape in shapes)
        reasons = {format: self.backend.unsupported_format(format) for format in counts}
        for format, reason in reasons.items():
            if reason:
                self.skipped += counts[format]
                print(f"skipped {counts[format]} shapes of {format}: {reason}", file=sys.stderr)
        return [shape for shape in shapes if not reasons[shape.format]]

    def _measure_one(self, shape: Shape) -> None:
        """Adds a row, or says why there is none."""
        reason = self._failure(shape)
        if reason is not None:
            self.skipped += 1
            print(f"skipped {shape}: {reason}", file=sys.stderr, flush=True)
            self.lost = not self.backend.recover()

    def _failure(self, shape: Shape) -> Optional[str]:
        """Adds a row, or gives the reason why not. On return nothing holds the tensors of the shape any more."""
        try:
            call = self.backend.prepare(shape)
            try:
                self.table.add(shape, self.backend.measure(call))
            finally:
                call.close()
        # Libraries refuse shapes with all kinds of errors, and one shape must not end the run.
        except Exception as error:
            return next(iter(str(error).splitlines()), "") or type(error).__name__
        return None

    def _save(self) -> None:
        """Writes what there is; the clocks are read now, while the device is still warm."""
        self.sensors.read()
        self.table.header.update(self.sensors.header())
        if self.table.rows:
            self.table.write(self.options.csv, self.options.out if tables.h5py else None)
        self.saved = self.elapsed()

    def finish(self) -> int:
        """Writes the table, prints what is in it, and gives the exit status."""
        self._save()
        counts = Counter(key[0] for key in self.table.rows)
        summary = ", ".join(f"{kind} {counts[kind]}" for kind in KINDS if counts[kind])
        print(f"{len(self.table.rows)} rows ({summary or 'none'}), {self.skipped} skipped, {self.left} left, "
              f"{self.elapsed():.0f} s", file=sys.stderr)  # fmt: skip
        if self.lost:
            print("error: the GPU no longer answers after the last error; run again with --resume", file=sys.stderr)
        elif self.signal is not None:
            print(f"stopped by {signal.Signals(self.signal).name}", file=sys.stderr)
            return 128 + self.signal
        elif self.left:
            print("the budget is used up; go on with --resume", file=sys.stderr)
        return 1 if self.lost or not self.table.rows else 0


if __name__ == "__main__":
    sys.exit(main())
