"""Memory snapshots, read with Python's pickle and PyTorch's own viewer, hold the ledger of the trace file."""

import collections
import os
import pathlib
import pickle
import pickletools

import h5py
import numpy
import pytest

CATEGORIES = {
    "Parameter": ["parameters"], "Optimizer state": ["optimizer"], "Input": [],
    "Temporary": ["gathered", "communication", "workspace"], "Activation": ["activations"], "Gradient": ["gradients"],
    "Autograd": ["recompute"], "Unknown": ["context"],
}


def named(variable):
    """The path a variable names."""
    name = os.environ.get(variable)
    if not name:
        pytest.skip(f"{variable} names nothing")
    return pathlib.Path(name)


@pytest.fixture(scope="module")
def snapshot():
    """The snapshot of the run behind the trace."""
    return pickle.loads(named("GALVASIM_SNAPSHOT").read_bytes())


@pytest.fixture(scope="module")
def file():
    """The trace, open in h5py."""
    with h5py.File(named("GALVASIM_TRACE")) as opened:
        yield opened


@pytest.fixture(scope="module")
def viewer():
    """PyTorch's own reader of snapshots."""
    return pytest.importorskip("torch.cuda._memory_viz", reason="torch is not installed")


def test_only_operations_of_the_web_page_are_used():
    known = {
        "PROTO", "EMPTY_DICT", "EMPTY_LIST", "MARK", "SETITEMS", "APPENDS", "BINUNICODE", "BININT1", "BININT2", "BININT",
        "LONG1", "NEWTRUE", "NEWFALSE", "STOP",
    }
    data = named("GALVASIM_SNAPSHOT").read_bytes()
    for code, argument, _ in pickletools.genops(data):
        assert code.name in known
        if code.name == "PROTO":
            assert argument == 3


def test_blocks_tile_their_segment(snapshot):
    assert snapshot["segments"]
    for segment in snapshot["segments"]:
        address = segment["address"]
        for block in segment["blocks"]:
            assert block["address"] == address and block["size"] >= block["requested_size"] >= 0
            address += block["size"]
        assert address == segment["address"] + segment["total_size"]
        active = [block for block in segment["blocks"] if block["state"] == "active_allocated"]
        assert segment["active_size"] == sum(block["size"] for block in active)


def test_the_record_follows_the_ledger(snapshot, file):
    """No block overlaps another, and what is held is what the ledger holds after each microsecond."""
    ranks = file["rank"][()]
    assert len(snapshot["device_traces"]) == ranks.size
    changes = file["memory_changes"]
    for device, rank in enumerate(ranks):
        chosen = changes["rank"][()] == rank
        times = numpy.where(changes["event"][()][chosen] < 0, 0, changes["time"][()][chosen] // 1000)
        expected = dict(zip(times.tolist(), numpy.cumsum(changes["bytes"][()][chosen]).tolist()))
        live, held, found, last = {}, 0, {}, 0
        for entry in snapshot["device_traces"][device]:
            assert entry["time_us"] >= last
            last = entry["time_us"]
            if entry["action"] == "alloc":
                assert entry["addr"] not in live
                live[entry["addr"]] = entry["size"]
                held += entry["size"]
            elif entry["action"] == "free_completed":
                assert live.pop(entry["addr"]) == entry["size"]
                held -= entry["size"]
            found[entry["time_us"]] = held
        assert found == expected
        spans = sorted(live.items())
        assert all(left + size <= right for (left, size), (right, _) in zip(spans, spans[1:]))
        at_end = {
            block["address"]: block["requested_size"] for segment in snapshot["segments"] if segment["device"] == device
            for block in segment["blocks"] if block["state"] == "active_allocated"
        }
        assert at_end == live


def test_peak_is_that_of_the_summary(snapshot, file):
    for device, peak in enumerate(file["rank_summary/peak_memory"][()]):
        held, highest = 0, 0
        for entry in snapshot["device_traces"][device]:
            held += {"alloc": 1, "free_completed": -1}.get(entry["action"], 0) * entry["size"]
            highest = max(highest, held)
        assert highest == peak


def test_frames_name_tensors_and_tasks(snapshot):
    names = collections.Counter(
        frame["name"] for entry in snapshot["device_traces"][0] for frame in entry["frames"])
    assert names["act layer 7 mb 1"] > 0
    assert any(name.startswith("forward ") for name in names)


def test_torch_reads_it(snapshot, viewer):
    assert "total_allocated" in viewer.segsum(snapshot)
    assert "Device 0" in viewer.trace(snapshot)
    assert "MemoryViz.js" in viewer.trace_plot(snapshot)
    assert viewer.memory(snapshot, format_flamegraph=lambda text: text).count("act layer") == 0
    assert "param layer 1" in viewer.segments(snapshot, format_flamegraph=lambda text: text)


def test_a_failure_ends_the_record():
    snapshot = pickle.loads(named("GALVASIM_FAILED_SNAPSHOT").read_bytes())
    failed = [trace for trace in snapshot["device_traces"] if trace and trace[-1]["action"] == "oom"]
    assert len(failed) == 1
    assert failed[0][-1]["size"] > failed[0][-1]["device_free"] >= 0
    assert sum(entry["action"] == "oom" for trace in snapshot["device_traces"] for entry in trace) == 1


def test_hta_draws_the_same_memory(file):
    module = pytest.importorskip("hta.memory_analysis", reason="HolisticTraceAnalysis is not installed")
    folder = named("GALVASIM_HTA_MEMORY")
    ranks = file["rank"][()]
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"rank{rank}.memory.json.gz" for rank in ranks)
    changes = file["memory_changes"]
    names = h5py.check_enum_dtype(changes["category"].dtype)
    for rank in ranks:
        times, sizes = module.MemoryAnalysis(str(folder / f"rank{rank}.memory.json.gz"))._process_raw_events()
        chosen = changes["rank"][()] == rank
        bytes_ = changes["bytes"][()][chosen]
        assert max(map(sum, sizes)) <= numpy.cumsum(bytes_).max()
        assert len(times) == len(sizes)
        for index, own in enumerate(CATEGORIES.values()):
            mine = numpy.isin(changes["category"][()][chosen], [names[name] for name in own])
            assert sizes[-1][index] == bytes_[mine].sum()
