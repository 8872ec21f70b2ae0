"""Folders of Kineto traces, read with HolisticTraceAnalysis, give the times of galvasim's own breakdown."""

import collections
import gzip
import json
import os
import pathlib
import re

import h5py
import numpy
import pytest

# The reader uses calls that newer pandas deprecates.
pytestmark = pytest.mark.filterwarnings("ignore")


def folder_of(variable):
    """The folder a variable names."""
    name = os.environ.get(variable)
    if not name:
        pytest.skip(f"{variable} names no folder")
    return pathlib.Path(name)


@pytest.fixture(scope="module", params=["GALVASIM_KINETO", "GALVASIM_EXPANDED_KINETO"])
def pair(request):
    """A folder of traces, and the trace file of the same run."""
    files = {"GALVASIM_KINETO": "GALVASIM_TRACE", "GALVASIM_EXPANDED_KINETO": "GALVASIM_EXPANDED_TRACE"}
    folder = folder_of(request.param)
    with h5py.File(folder_of(files[request.param])) as file:
        yield folder, file


@pytest.fixture(scope="module")
def analysis(pair):
    """The folder in HolisticTraceAnalysis."""
    module = pytest.importorskip("hta.trace_analysis", reason="HolisticTraceAnalysis is not installed")
    return module.TraceAnalysis(trace_dir=str(pair[0]))


def union(spans):
    """Merged, sorted spans."""
    merged = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


def length(spans):
    """Length of the union."""
    return sum(end - start for start, end in union(spans))


def times_of(file, rank):
    """Compute and communication of a rank as spans in nanoseconds, and the number of its tasks."""
    events = file["events"]
    kinds, streams = (h5py.check_enum_dtype(events[name].dtype) for name in ("kind", "stream"))
    chosen = (events["rank"][()] == rank) & (events["kind"][()] != kinds["marker"])
    starts = events["start"][()][chosen]
    spans = numpy.stack([starts, starts + events["duration"][()][chosen]], axis=1)
    compute = events["stream"][()][chosen] == streams["compute"]
    return spans[compute].tolist(), spans[~compute].tolist(), int(chosen.sum())


def test_traces_follow_the_rules_of_the_reader(pair):
    folder, file = pair
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(f"rank{rank}.pt.trace.json.gz" for rank in file["rank"][()])
    for path in folder.iterdir():
        text = gzip.decompress(path.read_bytes()).decode()
        found = re.search(r'"rank":\s+(\d+)', text)
        assert found and f"rank{found[1]}." in path.name
        events = json.loads(text)["traceEvents"]
        slices = [event for event in events if event["ph"] == "X"]
        assert all(isinstance(event["ts"], int) and isinstance(event["dur"], int) for event in slices)
        kernels = [event for event in slices if event["cat"] == "kernel"]
        launches = {event["args"]["correlation"]: event for event in slices if event["cat"] == "cuda_runtime"}
        assert len(kernels) == len(launches)
        ends = collections.defaultdict(int)
        last_launch = 0
        for kernel in kernels:
            launch = launches[kernel["args"]["correlation"]]
            assert last_launch <= launch["ts"] <= kernel["ts"]
            last_launch = launch["ts"]
            assert kernel["args"]["stream"] == kernel["tid"] >= 0
            assert kernel["ts"] >= ends[kernel["tid"]]
            ends[kernel["tid"]] = kernel["ts"] + kernel["dur"]
            communicates = "Collective name" in kernel["args"]
            assert bool(re.match(r"^nccl.*Kernel", kernel["name"])) == communicates == (kernel["tid"] != 7)
        notes = [event for event in slices if event["cat"] == "gpu_user_annotation"]
        assert notes and all("stream" not in event.get("args", {}) for event in notes)


def test_temporal_breakdown_is_galvasims(pair, analysis):
    """HTA counts from a rank's first kernel to its last; a start or end is off by half a microsecond at most."""
    _, file = pair
    table = analysis.get_temporal_breakdown(visualize=False).set_index("rank")
    summary = file["rank_summary"]
    assert table.index.tolist() == file["rank"][()].tolist()
    for place, rank in enumerate(file["rank"][()]):
        compute, communication, count = times_of(file, rank)
        row = table.loc[rank]
        assert abs(row["compute_time(us)"] - summary["busy"][place] / 1000) <= count
        assert abs(row["compute_time(us)"] - length(compute) / 1000) <= count
        whole = union(compute + communication)
        assert abs(row["kernel_time(us)"] - (whole[-1][1] - whole[0][0]) / 1000) <= 1
        exposed = length(compute + communication) - length(compute)
        assert abs(row["non_compute_time(us)"] - exposed / 1000) <= count
        assert abs(row["idle_time(us)"] - (whole[-1][1] - whole[0][0] - length(whole)) / 1000) <= count
        # What is neither compute nor optimizer is waiting in both accounts.
        own = summary["bubble"][place] + summary["exposed_total"][place]
        assert abs(row["idle_time(us)"] + row["non_compute_time(us)"] + whole[0][0] / 1000 - own / 1000) <= count


def test_overlap_is_that_of_the_events(pair, analysis):
    _, file = pair
    table = analysis.get_comm_comp_overlap(visualize=False).set_index("rank")
    for rank in file["rank"][()]:
        compute, communication, count = times_of(file, rank)
        overlap = length(compute) + length(communication) - length(compute + communication)
        slack = 100 * count * 1000 / length(communication) + 0.01
        found = table.loc[rank, "comp_comm_overlap_pctg"]
        assert abs(found - 100 * overlap / length(communication)) <= slack


def test_no_idle_time_is_the_hosts_fault(pair, analysis):
    _, file = pair
    ranks = file["rank"][()].tolist()
    table = analysis.get_idle_time_breakdown(ranks=ranks, visualize=False)[0]
    assert set(table["rank"]) == set(ranks)
    assert table.loc[table["idle_category"] == "host_wait", "idle_time"].sum() == 0
    for place, rank in enumerate(ranks):
        compute, _, count = times_of(file, rank)
        waits = table[(table["rank"] == rank) & (table["stream"] == 7)]["idle_time"].sum()
        whole = union(compute)
        assert abs(waits - (whole[-1][1] - whole[0][0] - length(compute)) / 1000) <= count


def test_further_analyses_answer(pair, analysis):
    _, file = pair
    kinds = set(analysis.get_gpu_kernel_breakdown(visualize=False)[0]["kernel_type"])
    assert {"COMPUTATION", "COMMUNICATION"} <= kinds
    names = set(analysis.get_gpu_user_annotation_breakdown(visualize=False)["name"])
    assert "forward micro-batch 0" in names
    assert set(analysis.get_potential_stragglers()) <= set(file["rank"][()].tolist())
    assert analysis.get_queue_length_summary() is not None
