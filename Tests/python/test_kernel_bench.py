"""The kernel measurement program, from its list of shapes to its files, on machines without a GPU."""

import collections
import contextlib
import gc
import importlib
import itertools
import math
import os
import pathlib
import re
import signal
import subprocess
import sys
import weakref

import numpy
import pytest

from simulated_gpu import FLUSH_US, SimulatedGPU

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "Sources" / "kernel-bench"
sys.path.insert(0, str(PROGRAM))

import attention_shapes
import compare_tables
import costs
import device
import measure_kernels
import memory_shapes
import operations_numpy
import product_shapes
import shapes
import table as tables
import timing
from shape import KINDS, Shape

h5py = pytest.importorskip("h5py")

SHAPES = [shape for _, shape in shapes.ranked_shapes()]
BY_KIND = {kind: [shape for shape in SHAPES if shape.kind == kind] for kind in KINDS}
ON_CPU = ["--device", "cpu", "--library", "numpy", "--quick"]


def run(*arguments):
    """The program as a user starts it."""
    command = [sys.executable, str(PROGRAM / "measure_kernels.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=50)


@pytest.fixture
def keeps_signals():
    """Puts back the handlers that a run inside this process replaces."""
    before = {number: signal.getsignal(number) for number in measure_kernels.SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory):
    """A whole run in NumPy: the finished process and the folder with its files."""
    folder = tmp_path_factory.mktemp("quick")
    finished = run(*ON_CPU, "--out", folder / "cpu.h5")
    assert finished.returncode == 0, finished.stderr
    return finished, folder


# --- Shapes ----------------------------------------------------------------------------------------------------------


def test_every_kind_is_there_and_no_shape_twice():
    assert all(BY_KIND.values())
    assert len({shape.key() for shape in SHAPES}) == len(SHAPES)
    assert tuple(name.replace("pass_", "pass") for name in Shape.__dataclass_fields__) == tables.KEY_COLUMNS


def test_products_cover_formats_layouts_and_sizes():
    products = BY_KIND["gemm"]
    assert {shape.format for shape in products} == {"bf16", "fp16", "tf32", "fp32", "fp8"}
    for format in ("bf16", "fp16", "tf32", "fp32"):
        assert {shape.layout for shape in products if shape.format == format} == {"TN", "NN", "NT"}
    assert {shape.layout for shape in products if shape.format == "fp8"} == {"TN"}
    assert {shape.pass_ for shape in products if shape.format == "fp8"} == {"forward", "dgrad", "wgrad"}
    plain = [shape for shape in products if shape.batch == 1 and shape.format == "bf16"]
    assert {1, 8, 64, 4096, 8192, 16384, 131072} <= {shape.m for shape in plain}
    assert {1024, 1280, 2048, 4096, 5120, 6144, 8192, 12288, 16384} <= {shape.k for shape in plain}
    for multiple in (8, 64, 128):
        for side in "mnk":
            assert any(getattr(shape, side) > 1000 and getattr(shape, side) % multiple for shape in plain)
    assert max(map(costs.operations, plain)) > 1e13 and min(map(costs.operations, plain)) < 1e7


@pytest.mark.parametrize("degree", [1, 2, 4, 8])
def test_tensor_parallel_parts_of_every_flagship_are_there_in_all_passes(degree):
    products = {(s.pass_, s.m, s.n, s.k) for s in BY_KIND["gemm"] if s.format == "bf16"}
    for model in product_shapes.FLAGSHIPS:
        width = model.feed_forward // degree
        # Down projection of 8192 tokens and its two gradients.
        assert ("forward", 8192, model.hidden, width) in products
        assert ("dgrad", 8192, width, model.hidden) in products
        assert ("wgrad", model.hidden, width, 8192) in products


def test_unfused_attention_and_vocabularies_are_among_the_products():
    batched = [shape for shape in BY_KIND["gemm"] if shape.batch > 1]
    assert {shape.layout for shape in batched} == {"TN", "NN", "NT"}
    assert {64, 128} <= {shape.k for shape in batched if shape.layout == "TN"}
    assert {128256, 50257, 32000} <= {shape.n for shape in BY_KIND["gemm"] if shape.pass_ == "forward"}


def test_attention_covers_backends_lengths_heads_and_masks():
    attention = BY_KIND["attention"]
    for op in ("flash", "cudnn"):
        chosen = [shape for shape in attention if shape.op == op]
        assert {512 << step for step in range(9)} <= {shape.keys for shape in chosen}
        assert {64, 96, 128, 256} <= {shape.head_dim for shape in chosen}
        assert {shape.causal for shape in chosen} == {0, 1}
        assert {shape.pass_ for shape in chosen} == {"forward", "backward"}
        assert any(shape.kv_heads < shape.heads for shape in chosen)
    assert any(shape.queries != shape.keys for shape in attention)
    assert all(shape.heads % shape.kv_heads == 0 for shape in attention)


def test_memory_bound_kernels_have_all_passes_and_their_bytes():
    passes = collections.defaultdict(set)
    for shape in BY_KIND["elementwise"]:
        passes[shape.op].add(shape.pass_)
        assert shape.bytes > 0
    both = {"layer_norm", "rms_norm", "softmax", "gelu", "swiglu", "rotary", "dropout_add", "cross_entropy", "permute"}
    assert all(passes[op] == {"forward", "backward"} for op in both)
    assert set(passes) - both == {"embedding_gather", "embedding_scatter", "adam", "grad_norm", "cast", "add"}
    losses = {shape.width for shape in BY_KIND["elementwise"] if shape.op == "cross_entropy"}
    assert min(losses) == 32000 and max(losses) == 256000
    # RMS norm of 4096 x 4096 in bf16 reads and writes 2 x 32 MiB; its gradient reads two tensors and writes one.
    norm = [s for s in BY_KIND["elementwise"] if (s.op, s.rows, s.width, s.format) == ("rms_norm", 4096, 4096, "bf16")]
    assert {shape.pass_: shape.bytes for shape in norm} == {"forward": 2 << 25, "backward": 3 << 25}


def test_a_scatter_remembers_its_vocabulary():
    scatters = [shape for shape in BY_KIND["elementwise"] if shape.op == "embedding_scatter"]
    assert {memory_shapes.scattered_vocabulary(shape) for shape in scatters} == {32000, 128256}


def test_copies_launches_groups_and_interference_are_there():
    sizes = {op: {s.bytes for s in BY_KIND["copy"] if s.op == op} for op in ("d2d", "h2d", "d2h")}
    assert all({1 << 10, 1 << 20, 1 << 30} <= found for found in sizes.values())
    assert {shape.op for shape in BY_KIND["launch"]} == {"stream", "graph", "eager"}
    assert {shape.op for shape in BY_KIND["overlap"]} == {"copy", "memory"}
    assert {shape.pass_ for shape in BY_KIND["grouped_gemm"]} == {"forward", "dgrad", "wgrad"}
    assert {8, 32, 128} <= {shape.batch for shape in BY_KIND["grouped_gemm"]}


def test_the_most_valuable_shapes_come_first():
    ranked = shapes.ranked_shapes()
    tiers = [tier for tier, _ in ranked]
    assert tiers == sorted(tiers)
    first = [shape for tier, shape in ranked if tier == 0]
    assert {shape.kind for shape in first} == set(KINDS) - {"grouped_gemm"}
    # A tenth of the first tier already has some of each of its kinds.
    assert {shape.kind for shape in first[: len(first) // 10]} == {shape.kind for shape in first}
    assert product_shapes.gemm("forward", "bf16", 4096, 4096, 4096) in first
    assert costs.expected_run_s(first, timing.FULL_PLAN) < 60


def test_a_whole_run_is_expected_to_take_less_than_eight_minutes_on_an_h100():
    assert 120 < costs.expected_run_s(SHAPES, timing.FULL_PLAN) < 450


def test_the_cuda_program_has_the_same_list():
    assert (PROGRAM / "cuda" / "crosscheck-shapes.csv").read_text() == shapes.crosscheck_csv()
    assert set(shapes.crosscheck_shapes()) <= set(SHAPES)


def test_gpus_without_bf16_get_the_list_in_fp16():
    halved = shapes.in_fp16(SHAPES)
    assert {shape.format for shape in halved} == {"fp16", "tf32", "fp32", "fp8", ""}
    # Those that were there in both formats are there once.
    assert len(set(halved)) == len(halved) < len(SHAPES)
    assert [shape.kind for shape in halved[:50]] == [shape.kind for shape in SHAPES[:50]]


def test_floors_are_rooflines():
    # 2 x 4096^3 / 989e12 = 138.97 us.
    assert costs.floor_us(product_shapes.gemm("forward", "bf16", 4096, 4096, 4096)) == pytest.approx(138.97, rel=1e-4)
    # 2^30 bytes over 55 GB/s.
    assert costs.floor_us(Shape("copy", "h2d", bytes=1 << 30)) == pytest.approx(19522.6, rel=1e-4)
    # Causal: half of 4 x 8192^2 x 128 x 32 operations.
    (forward, backward) = (s for _, s in attention_shapes.attention(0, "flash", (8192, 8192), (32, 32), 128, 1))
    assert costs.operations(forward) == 2 * 8192**2 * 128 * 32
    assert costs.operations(backward) == 2.5 * costs.operations(forward)
    assert costs.floor_us(Shape("launch", "stream")) == costs.LEAST_KERNEL_US


def test_dry_run_lists_every_shape_and_counts_kinds():
    finished = run("--dry-run")
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    listed = [line for line in lines if not line.startswith("#")]
    assert len(listed) == len(SHAPES)
    assert all(re.fullmatch(r"\d \S+ .*floor_us=[\d.e+]+", line) for line in listed)
    for kind in KINDS:
        assert any(line.startswith(f"# {kind}: {len(BY_KIND[kind])} shapes") for line in lines)
    assert re.fullmatch(r"# all: \d+ shapes, \d+ s expected on an H100", lines[-1])


# --- Statistics and timing -------------------------------------------------------------------------------------------


def test_percentiles_are_linear_between_neighbours():
    assert timing.percentile([3, 1, 2], 0.5) == 2
    assert timing.percentile([1, 2, 3, 4], 0.5) == 2.5
    assert timing.percentile(range(11), 0.9) == 9
    assert timing.percentile([7], 0.1) == 7
    with pytest.raises(ValueError):
        timing.percentile([], 0.5)


def test_a_sample_keeps_median_and_spread():
    sample = timing.summarize([float(value) for value in range(10, 21)], alone_us=5.0)
    # Percentiles 10, 50, 90 of 10..20 are 11, 15, 19.
    assert sample == timing.Sample(15.0, pytest.approx(8 / 15), 11, 5.0)
    # One outlier among many moves neither.
    assert timing.summarize([10.0] * 20 + [900.0]) == timing.Sample(10.0, 0.0, 21)
    with pytest.raises(ValueError, match="zero"):
        timing.summarize([0.0, 0.0])


def test_short_calls_are_repeated_more_often():
    plan = timing.FULL_PLAN
    repeats = [plan.repeats(call_us) for call_us in (1, 100, 1000, 10_000, 19_000, 1_000_000)]
    assert repeats == [50, 50, 20, 7, 7, 3]


@pytest.fixture
def gpu(monkeypatch):
    """A simulated GPU and a timer of the real code on it."""
    simulated = SimulatedGPU()
    monkeypatch.setitem(sys.modules, "torch", simulated.torch())
    monkeypatch.delitem(sys.modules, "cuda_timer", raising=False)
    yield simulated, importlib.import_module("cuda_timer").CudaTimer(timing.FULL_PLAN)
    del sys.modules["cuda_timer"]


@pytest.mark.parametrize(
    "duration, host_cost, launches", [(5, 4, 1), (5, 200, 1), (900, 30, 1), (3, 40, 12), (2, 4, 500)]
)
def test_intervals_hold_kernels_and_never_the_host(gpu, duration, host_cost, launches):
    simulated, timer = gpu

    def calls():
        for _ in range(launches):
            simulated.launch(duration, host_cost)

    sample = timer.measure(timing.Call(calls, kernels=launches, launches=launches))
    assert sample.median_us == pytest.approx(duration)
    assert sample.spread == pytest.approx(0, abs=1e-9)


def test_a_host_that_can_never_be_ahead_does_not_hang_the_timer(gpu):
    simulated, timer = gpu

    def synchronous():
        simulated.launch(10, 5)
        simulated.synchronize()

    assert timer.measure(timing.Call(synchronous)).median_us >= 10


def test_other_work_is_there_from_before_the_start_until_after_the_end(gpu):
    simulated, timer = gpu
    slowed = {"factor": 1}
    spans = []

    def product():
        begin = max(simulated.free[id(simulated.current)], simulated.host)
        simulated.launch(1000 * slowed["factor"], 5)
        spans.append((begin, simulated.free[id(simulated.current)]))

    def piece():
        # What the product takes beside other work: six times as long, beyond the first cover.
        slowed["factor"] = 6 if simulated.current is timer.side else 1
        simulated.launch(50, 5)

    sample = timer.measure(timing.Call(product, beside=piece))
    assert (sample.alone_us, sample.median_us) == (pytest.approx(1000), pytest.approx(6000))
    begin, end = spans[-1]
    assert end < simulated.free[id(timer.side)] and begin < end
    assert sample.repeats == timing.FULL_PLAN.repeats(1000)


def test_the_cache_is_flushed_before_every_timed_call(gpu):
    simulated, timer = gpu
    ends = []

    def call():
        simulated.launch(10, 5)
        ends.append(simulated.free[id(simulated.current)])

    timer.measure(timing.Call(call))
    # Two calls warm up; between the ends of timed ones lies at least one flush.
    assert min(later - earlier for earlier, later in itertools.pairwise(ends[2:])) >= FLUSH_US


# --- NumPy operations ------------------------------------------------------------------------------------------------


def slopes(function, x, g, step=1e-6):
    """The gradient of sum(function(x) * g) by central differences."""
    result = numpy.zeros_like(x)
    for index in numpy.ndindex(x.shape):
        for sign in (1, -1):
            moved = x.copy()
            moved[index] += sign * step
            result[index] += sign * (function(moved) * g).sum() / (2 * step)
    return result


def draw(*size):
    return numpy.random.default_rng(sum(size)).standard_normal(size)


@pytest.mark.parametrize(
    "function, gradient",
    [
        (lambda x: operations_numpy.norm(x, True), lambda x, g: operations_numpy.norm_gradient(x, g, True)),
        (lambda x: operations_numpy.norm(x, False), lambda x, g: operations_numpy.norm_gradient(x, g, False)),
        (operations_numpy.softmax, lambda x, g: operations_numpy.softmax_gradient(operations_numpy.softmax(x), g)),
        (operations_numpy.gelu, operations_numpy.gelu_gradient),
        (lambda x: operations_numpy.rotate(x, 1.0), lambda x, g: operations_numpy.rotate(g, -1.0)),
    ],
)
def test_numpy_gradients_are_those_of_their_functions(function, gradient):
    x, g = draw(3, 6), draw(6, 3).T
    assert gradient(x, g) == pytest.approx(slopes(function, x, g), rel=1e-4, abs=1e-7)


def test_numpy_swiglu_and_loss_gradients():
    x, y, g = draw(3, 4), draw(4, 3).T, draw(2, 6).reshape(3, 4)
    gate = lambda x: x * operations_numpy.sigmoid(x) * y
    by_gate, by_value = operations_numpy.swiglu_gradient(x, y, g)
    assert by_gate == pytest.approx(slopes(gate, x, g), rel=1e-4, abs=1e-7)
    assert by_value == pytest.approx(g * x * operations_numpy.sigmoid(x))
    targets = (numpy.arange(3), numpy.array([1, 0, 3]))
    loss = lambda x: -numpy.log(operations_numpy.softmax(x)[targets]).mean()
    assert operations_numpy.cross_entropy_gradient(x, targets) == pytest.approx(slopes(loss, x, 1), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("causal", [0, 1])
def test_numpy_attention_gradients(causal):
    queries, keys, values, g = (draw(1, 1, length, 4) for length in (3, 3, 3, 3))
    keys, values, g = keys[..., ::-1].copy(), values * 0.5 + 1, g[:, :, ::-1].copy()
    attend = lambda q, k, v: operations_numpy.probabilities(q, k, causal) @ v
    found = operations_numpy.attention_gradients(queries, keys, values, g, causal)
    expected = (
        slopes(lambda x: attend(x, keys, values), queries, g), slopes(lambda x: attend(queries, x, values), keys, g),
        slopes(lambda x: attend(queries, keys, x), values, g),
    )
    for mine, theirs in zip(found, expected):
        assert mine == pytest.approx(theirs, rel=1e-4, abs=1e-7)


def test_numpy_runs_every_shape_of_the_quick_list_or_says_why_not():
    backend = operations_numpy.NumpyBackend(timing.QUICK_PLAN)
    for _, shape in shapes.ranked_shapes(quick=True):
        if shape.op in ("flash", "cudnn", "efficient", "graph"):
            with pytest.raises(timing.Unsupported):
                backend.prepare(shape)
        else:
            backend.prepare(shape).run()


# --- Files -----------------------------------------------------------------------------------------------------------


def test_quick_run_writes_the_agreed_columns_and_header(quick_run):
    _, folder = quick_run
    lines = (folder / "cpu.csv").read_text().splitlines()
    header = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    required = {"format", "name", "gpu", "provenance", "source", "date", "driver", "cuda", "library", "method"}
    assert required <= set(header) <= set(tables.HEADER_ORDER)
    assert header["format"] == "galvasim-kernel-table 1" and header["name"] == "cpu"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", header["date"])
    assert header["provenance"] == "measured" and "commit" in header["source"] and "NumPy" in header["library"]
    columns = lines[len(header)]
    assert columns == (
        "kind,op,pass,format,layout,batch,m,n,k,heads,kv_heads,queries,keys,head_dim,causal,rows,width,bytes,"
        "time_us,spread,repeats,alone_us"
    )
    assert {line.split(",")[0] for line in lines[len(header) + 1 :]} == set(KINDS)


def test_rows_are_unique_positive_and_have_six_digits(quick_run):
    _, folder = quick_run
    lines = [line for line in (folder / "cpu.csv").read_text().splitlines() if not line.startswith("#")][1:]
    rows = [line.split(",") for line in lines]
    assert len({tuple(row[:-4]) for row in rows}) == len(rows) > 100
    for row in rows:
        assert float(row[-4]) > 0 and float(row[-3]) >= 0 and int(row[-2]) >= 3
        assert len(row[-4].replace(".", "").strip("0")) <= 6 and "e" not in row[-4]
        assert (row[-1] != "") == (row[0] == "overlap")


def test_csv_and_hdf5_hold_the_same(quick_run):
    _, folder = quick_run
    by_csv, by_hdf5 = tables.read(folder / "cpu.csv"), tables.read(folder / "cpu.h5")
    assert by_csv.rows == by_hdf5.rows and by_csv.header == by_hdf5.header
    assert by_csv.csv_text() == (folder / "cpu.csv").read_text() == by_hdf5.csv_text()
    with h5py.File(folder / "cpu.h5") as file:
        group = file["kernels"]
        assert set(group) == set(tables.COLUMNS)
        for name, dataset in group.items():
            assert dataset.shape == (len(by_csv.rows),) and dataset.compression == "gzip" and dataset.shuffle
            expected = "O" if name in tables.TEXT_COLUMNS else "f8" if name in tables.REAL_COLUMNS else "i8"
            assert dataset.dtype == numpy.dtype(expected), name
        assert (group["heads"][()] == -1).any() and numpy.isnan(group["alone_us"][()]).any()
    assert sorted(path.name for path in folder.iterdir()) == ["cpu.csv", "cpu.h5"]


def test_skipped_shapes_are_named_with_a_reason(quick_run):
    finished, _ = quick_run
    assert "skipped launch graph: NumPy has no graphs of launches" in finished.stderr
    assert re.search(r"\d+ rows \(gemm \d+, .*\), 15 skipped, 0 left", finished.stderr)


def test_rows_stand_in_the_same_order_whatever_was_measured_first():
    some = [shape for _, shape in shapes.ranked_shapes(quick=True)]
    forward, backward = (tables.Table({"format": tables.FORMAT}) for _ in range(2))
    for table, order in ((forward, some), (backward, some[::-1])):
        for shape in order:
            table.add(shape, timing.Sample(1234567.89, 0.1234567, 7))
    assert forward.csv_text() == backward.csv_text()
    assert ",1234570,0.123457,7," in forward.csv_text()


@pytest.mark.parametrize(
    "value, text", [(1234567.8, "1234570"), (0.000123456789, "0.000123457"), (2.5, "2.5"), (40, "40")]
)
def test_numbers_have_six_digits_and_no_exponent(value, text):
    assert tables.rounded(value) == text


EMPTY = f"# format: {tables.FORMAT}\n" + ",".join(tables.COLUMNS) + "\n"


@pytest.mark.parametrize(
    "content, message",
    [
        ("", "line 1 does not name the columns"),
        (EMPTY.replace(tables.FORMAT, "other"), "format is 'other'"),
        (EMPTY + "copy,d2d\n", "line 3 has 2 cells"),
        (EMPTY + "x," * 21 + "\n", "line 3: invalid literal"),
    ],
)  # fmt: skip
def test_files_that_are_no_tables_are_refused(tmp_path, content, message):
    path = tmp_path / "table.csv"
    path.write_text(content)
    with pytest.raises(tables.TableError, match=message):
        tables.read(path)
    (tmp_path / "table.h5").write_text(content)
    with pytest.raises(tables.TableError, match="no kernel table"):
        tables.read(tmp_path / "table.h5")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")

    def fail(temporary):
        temporary.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError):
        tables.replace(path, fail)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_without_h5py_only_the_csv_is_written(tmp_path, monkeypatch, capsys, keeps_signals):
    monkeypatch.setattr(tables, "h5py", None)
    status = measure_kernels.main([*ON_CPU, "--only", "launch", "--out", str(tmp_path / "x.h5")])
    assert status == 0 and [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    assert "h5py is not installed" in capsys.readouterr().err


# --- Stopping and going on -------------------------------------------------------------------------------------------


class Interrupted(operations_numpy.NumpyBackend):
    """Sends this process a signal while the fifth shape is measured."""

    number = signal.SIGINT
    count = 0

    def measure(self, call):
        self.count += 1
        if self.count == 5:
            os.kill(os.getpid(), self.number)
        return super().measure(call)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_whole_files_with_what_was_measured(tmp_path, monkeypatch, keeps_signals, number):
    backend = Interrupted(timing.QUICK_PLAN)
    backend.number = number
    monkeypatch.setattr(measure_kernels, "make_backend", lambda options, plan: backend)
    out = tmp_path / "stopped.h5"
    assert measure_kernels.main([*ON_CPU, "--only", "gemm", "--out", str(out)]) == 128 + number
    assert len(tables.read(out).rows) == len(tables.read(out.with_suffix(".csv")).rows) == 5


def test_the_budget_ends_the_run_and_files_are_whole_before(tmp_path, monkeypatch, capsys, keeps_signals):
    # Every look at the clock takes a second, so that files are written more than once.
    clock = itertools.count()
    monkeypatch.setattr(measure_kernels.time, "monotonic", lambda: float(next(clock)))
    written = []
    write = tables.Table.write

    def counted(table, *paths):
        written.append(len(table.rows))
        write(table, *paths)

    monkeypatch.setattr(tables.Table, "write", counted)
    out = tmp_path / "budget.h5"
    assert measure_kernels.main([*ON_CPU, "--only", "gemm", "--budget-s", "100", "--out", str(out)]) == 0
    assert "the budget is used up; go on with --resume" in capsys.readouterr().err
    assert len(written) > 2 and 0 < written[0] < written[-1] == len(tables.read(out).rows)


def test_a_run_goes_on_from_a_table(tmp_path):
    first, second = tmp_path / "first.h5", tmp_path / "second.h5"
    assert run(*ON_CPU, "--only", "copy,launch", "--out", first).returncode == 0
    rows = tables.read(first).rows
    for source in (first, first.with_suffix(".csv")):
        assert run(*ON_CPU, "--only", "copy,launch,overlap", "--resume", source, "--out", second).returncode == 0
        merged = tables.read(second).rows
        assert set(key[0] for key in merged) == {"copy", "launch", "overlap"}
        assert all(merged[key] == rows[key] for key in rows)


def test_a_table_of_another_gpu_is_not_continued(tmp_path, quick_run):
    other = tmp_path / "other.csv"
    other.write_text(re.sub("# gpu: .*", "# gpu: NVIDIA H200", (quick_run[1] / "cpu.csv").read_text()))
    finished = run(*ON_CPU, "--resume", other, "--out", tmp_path / "x.h5")
    assert finished.returncode == 1 and "is of NVIDIA H200, this machine has none" in finished.stderr


class Failing(operations_numpy.NumpyBackend):
    """Fails at copies; lost after the second failure when `breaks` is set."""

    breaks = False
    failures = 0

    def prepare(self, shape):
        if shape.kind == "copy":
            raise MemoryError("out of memory\nmore lines")
        return super().prepare(shape)

    def recover(self):
        self.failures += 1
        return not (self.breaks and self.failures == 2)

    def unsupported_format(self, format):
        return "no such cores" if format == "fp8" else None


class WithoutBfloat(operations_numpy.NumpyBackend):
    """A device of before 2020."""

    def unsupported_format(self, format):
        return "too old" if format in ("bf16", "tf32", "fp8") else None


def test_a_device_without_bf16_is_measured_in_fp16(tmp_path, monkeypatch, capsys, keeps_signals):
    monkeypatch.setattr(measure_kernels, "make_backend", lambda options, plan: WithoutBfloat(plan))
    assert measure_kernels.main([*ON_CPU, "--only", "gemm", "--out", str(tmp_path / "x.h5")]) == 0
    assert {key[3] for key in tables.read(tmp_path / "x.h5").rows} == {"fp16", "fp32"}
    messages = capsys.readouterr().err
    assert "fp16 is measured instead" in messages and "skipped 6 shapes of tf32: too old" in messages


@pytest.mark.parametrize("breaks", [False, True])
def test_shapes_that_fail_are_skipped_unless_the_device_is_lost(tmp_path, monkeypatch, capsys, keeps_signals, breaks):
    backend = Failing(timing.QUICK_PLAN)
    backend.breaks = breaks
    monkeypatch.setattr(measure_kernels, "make_backend", lambda options, plan: backend)
    status = measure_kernels.main([*ON_CPU, "--only", "copy,launch,gemm", "--out", str(tmp_path / "x.h5")])
    messages = capsys.readouterr().err
    assert "skipped copy d2d bytes=65536: out of memory\n" in messages
    assert "skipped 6 shapes of fp8: no such cores" in messages
    assert status == (1 if breaks else 0) and ("no longer answers" in messages) == breaks
    assert tables.read(tmp_path / "x.h5").rows


# --- Command line ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--only", "gemm,convolution"], "unknown kind 'convolution'; there are gemm, grouped_gemm"),
        (["--budget-s", "0"], "--budget-s 0: must be more than 0"),
        (["--budget-s", "long"], "invalid float value"),
        (["--out", "table.txt"], "must end in .h5 or .hdf5"),
        (["--out", "/nowhere/table.h5"], "there is no folder /nowhere"),
        (["--device", "tpu"], "invalid choice: 'tpu'"),
        (["--library", "numpy"], "NumPy needs --device cpu"),
    ],
)
def test_wrong_arguments_are_explained(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        measure_kernels.parse(arguments)
    assert stopped.value.code == 2 and message in capsys.readouterr().err


def test_a_gpu_run_without_a_gpu_says_what_is_missing(tmp_path):
    finished = run("--out", tmp_path / "x.h5")
    assert finished.returncode == 1
    missing = r"error: PyTorch (is not installed|sees no NVIDIA GPU); --device cpu tests the path"
    assert re.match(missing, finished.stderr)
    assert not list(tmp_path.iterdir())


def test_a_missing_table_to_resume_from_is_reported(tmp_path):
    finished = run(*ON_CPU, "--resume", tmp_path / "none.csv", "--out", tmp_path / "x.h5")
    assert finished.returncode == 1 and "none.csv" in finished.stderr and "Traceback" not in finished.stderr


def test_tables_are_compared_shape_by_shape(tmp_path, quick_run, capsys):
    source = quick_run[1] / "cpu.csv"
    slower = tables.read(source)
    slower.rows = {key: (2 * times[0], *times[1:]) for key, times in slower.rows.items() if key[0] == "gemm"}
    slower.write(tmp_path / "slower.csv", None)
    assert compare_tables.main([str(tmp_path / "slower.csv"), str(source)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(slower.rows) + 1
    assert lines[-1].startswith(f"# {len(slower.rows)} shapes: median ratio 2.000")
    slower.rows = {}
    slower.write(tmp_path / "empty.csv", None)
    assert compare_tables.main([str(tmp_path / "empty.csv"), str(source)]) == 1


# --- Devices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "gpu, entry",
    [
        ("NVIDIA H200", "h200-sxm-141gb"), ("NVIDIA H100 80GB HBM3", "h100-sxm-80gb"),
        ("NVIDIA H100 PCIe", "h100-pcie-80gb"), ("NVIDIA A100-SXM4-80GB", "a100-sxm-80gb"),
        ("NVIDIA A100 80GB PCIe", "a100-pcie-80gb"), ("NVIDIA A40", "a40-48gb"), ("NVIDIA TITAN RTX", "titan-rtx-24gb"),
        ("Tesla V100-SXM2-32GB", "v100-sxm2-32gb"), ("NVIDIA H200 NVL", None), ("none (some processor)", None),
    ],
)  # fmt: skip
def test_gpus_are_found_in_the_catalogue(gpu, entry):
    assert device.catalogue_name(gpu) == entry


def test_catalogue_names_are_files():
    entries = {path.stem for path in (ROOT / "Scenarios" / "devices").glob("*.yaml")}
    assert {entry for _, entry in device.CATALOGUE} == entries - {"mi300x-192gb"}


def test_sensors_are_read_and_never_set(tmp_path, monkeypatch):
    script = tmp_path / "nvidia-smi"
    script.write_text('#!/bin/sh\necho "$@" >>"$(dirname "$0")/log"\necho "580.1, 1980, 2619, 61, 700.00"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    sensors = device.Sensors("GPU-1")
    sensors.read()
    script.write_text('#!/bin/sh\necho "580.1, 1755, 2619, [N/A], [Not Supported]"\n')
    sensors.read()
    assert sensors.header() == {
        "driver": "580.1", "clock_mhz": "1867.5", "memory_clock_mhz": "2619", "temperature_c": "61",
        "power_limit_w": "700",
    }  # fmt: skip
    asked = (tmp_path / "log").read_text()
    assert re.fullmatch(r"--query-gpu=[a-z._,]+ --format=csv,noheader,nounits -i GPU-1\n", asked)


def test_missing_sensors_leave_the_header_out(monkeypatch):
    monkeypatch.setenv("PATH", "")
    sensors = device.Sensors("0")
    sensors.read()
    assert sensors.header() == {} and device.git_commit() == "unknown"


# --- PyTorch, where it is installed ----------------------------------------------------------------------------------


def test_pytorch_runs_the_quick_list_on_the_host(tmp_path):
    pytest.importorskip("torch")
    finished = run("--device", "cpu", "--library", "torch", "--quick", "--out", tmp_path / "t.h5")
    assert finished.returncode == 0, finished.stderr
    rows = tables.read(tmp_path / "t.h5").rows
    assert {key[0] for key in rows} == set(KINDS)
    assert {key[1] for key in rows if key[0] == "attention"} >= {"flash", "math"}
    assert {key[1] for key in rows if key[0] == "elementwise"} == {shape.op for shape in BY_KIND["elementwise"]}
    assert {key[3] for key in rows if key[0] == "gemm"} >= {"bf16", "fp16", "tf32", "fp32"}


@pytest.mark.parametrize("pass_", ["forward", "dgrad", "wgrad"])
def test_pytorch_operands_have_the_strides_of_their_layout(pass_):
    pytest.importorskip("torch")
    from operations_torch import TorchBackend

    backend = TorchBackend("cpu", timing.QUICK_PLAN)
    left, right = backend._operands(product_shapes.gemm(pass_, "bf16", 3, 5, 7), ())
    assert left.shape == (3, 7) and right.shape == (7, 5)
    # cuBLAS sees the transposed product: its first operand is the right one, `T` when that is stored by columns.
    layout = ("N" if right.is_contiguous() else "T") + ("N" if left.is_contiguous() else "T")
    assert layout == product_shapes.LAYOUTS[pass_]
    assert math.isfinite(float((left @ right).float().sum())) and float(left.float().std()) > 0.3


@pytest.fixture
def meta(monkeypatch):
    """The PyTorch operations on tensors that have sizes and no memory."""
    torch = pytest.importorskip("torch")
    import attention_torch
    import operations_torch

    # No backend of attention takes such tensors, so PyTorch may choose.
    monkeypatch.setattr(attention_torch, "sdpa_kernel", lambda backend: contextlib.nullcontext())
    backend = operations_torch.TorchBackend("cpu", timing.QUICK_PLAN)
    backend.device = torch.device("meta")
    return backend


def test_pytorch_takes_every_shape_of_the_full_list(meta):
    for shape in SHAPES:
        # Copies are of bytes in real memory; the fused optimizer refuses these tensors.
        if shape.kind in ("copy", "launch", "overlap") or shape.op == "adam":
            continue
        call = meta.prepare(shape)
        result = call.run()
        call.close()
        if "gemm" in shape.kind:
            assert math.prod(result.shape) == shape.batch * shape.m * shape.n, shape
        elif shape.kind == "attention" and shape.pass_ == "forward":
            assert result.shape == (shape.batch, shape.heads, shape.queries, shape.head_dim), shape


def test_pytorch_lets_go_of_all_memory_after_a_shape():
    pytest.importorskip("torch")
    from operations_torch import TorchBackend

    backend = TorchBackend("cpu", timing.QUICK_PLAN)
    made = []
    normal = backend.normal

    def watched(*size, format="fp32"):
        tensor = normal(*size, format=format)
        made.append(weakref.ref(tensor))
        return tensor

    backend.normal = watched
    gc.disable()
    try:
        for _, shape in shapes.ranked_shapes(quick=True):
            if shape.op in ("flash", "math") or shape.kind in ("gemm", "grouped_gemm", "elementwise", "overlap"):
                call = backend.prepare(shape)
                backend.measure(call)
                call.close()
                del call
                assert made and not any(reference() is not None for reference in made), shape
    finally:
        gc.enable()
