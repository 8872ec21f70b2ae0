"""Real readers open what the tool writes, and find sums that agree with the summaries."""

import collections
import hashlib
import json
import pathlib
import re
import shutil
import subprocess

import numpy
import pytest

h5py = pytest.importorskip("h5py")

ENGINES = ["h5netcdf", "netcdf4"]
TABLES = {"events": "event", "memory_changes": "memory_change"}
TIME_PARTS = ["compute", "optimizer", "bubble", "idle", "exposed_total"]
CATEGORIES = [
    "parameters", "gradients", "optimizer", "activations", "recompute", "gathered", "communication", "workspace",
    "context",
]


@pytest.fixture(scope="module")
def file(trace):
    """The trace, open in h5py."""
    with h5py.File(trace) as opened:
        yield opened


def column(file, path):
    """All values of a dataset."""
    return file[path][()]


# --- h5py ------------------------------------------------------------------------------------------------------------


def test_layout_is_named_and_versioned(file):
    assert file.attrs["Conventions"] == "galvasim-Result-1.0"
    assert re.fullmatch(r"1\.\d+\.\d+", file.attrs["schema_version"])
    assert re.fullmatch(r"[0-9a-f]{64}", file.attrs["input_sha256"])


def test_every_dataset_describes_itself_and_names_its_axes(file):
    def check(name, item):
        if not isinstance(item, h5py.Dataset):
            return
        assert item.attrs["long_name"], name
        assert "_FillValue" not in item.attrs, name
        for axis in item.dims:
            assert item.is_scale or len(axis) == 1, f"{name}: an axis without a scale"

    file.visititems(check)


def test_no_single_number_bears_the_name_of_an_axis(file):
    """h5netcdf takes such a number for the axis itself and fails."""
    axes = {name for name in file if isinstance(file[name], h5py.Dataset)}

    def check(name, item):
        if isinstance(item, h5py.Dataset) and item.shape == ():
            assert name.rpartition("/")[2] not in axes, name

    file.visititems(check)


def test_input_digest_is_that_of_the_input(file):
    text = file["inputs/scenario"].asstr()[()]
    assert hashlib.sha256(text.encode()).hexdigest() == file.attrs["input_sha256"]
    assert json.loads(text)["schema_version"] == 1
    for part in ["model", "cluster", "job", "options"]:
        assert json.loads(file[f"inputs/{part}"].asstr()[()]) == json.loads(text)[part]


def test_last_end_is_the_iteration(file):
    end = (column(file, "events/start") + column(file, "events/duration")).max()
    assert end == column(file, "summary/iteration_time")
    assert column(file, "events/event").size == column(file, "summary/events")


def test_durations_add_up_to_the_streams_work(file):
    ranks = column(file, "rank")
    streams = file["stream"].size
    place = {rank: index for index, rank in enumerate(ranks)}
    key = numpy.array([place[rank] for rank in column(file, "events/rank")]) * streams
    key += column(file, "events/stream")
    sums = numpy.zeros(ranks.size * streams, dtype=numpy.int64)
    numpy.add.at(sums, key, column(file, "events/duration"))
    assert (sums.reshape(ranks.size, streams) == column(file, "rank_summary/stream_busy")).all()
    assert (column(file, "rank_summary/busy") == column(file, "rank_summary/stream_busy")[:, 0]).all()


@pytest.mark.parametrize("table", ["rank_summary", "stage_summary"])
def test_parts_of_the_time_add_up_to_the_iteration(file, table):
    total = sum(column(file, f"{table}/{part}") for part in TIME_PARTS)
    assert (total == column(file, "summary/iteration_time")).all()
    assert (column(file, f"{table}/exposed").sum(axis=1) == column(file, f"{table}/exposed_total")).all()


def test_tasks_of_a_stream_do_not_overlap(file):
    starts, ends = column(file, "events/start"), column(file, "events/start") + column(file, "events/duration")
    ranks, streams = column(file, "events/rank"), column(file, "events/stream")
    for rank in column(file, "rank"):
        for stream in range(file["stream"].size):
            rows = (ranks == rank) & (streams == stream)
            assert (starts[rows][1:] >= ends[rows][:-1]).all()


def test_memory_changes_cumulate_to_the_peaks(file):
    ranks, held = column(file, "memory_changes/rank"), column(file, "memory_changes/held")
    for place, rank in enumerate(column(file, "rank")):
        rows = ranks == rank
        assert (numpy.cumsum(column(file, "memory_changes/bytes")[rows]) == held[rows]).all()
        assert (numpy.diff(column(file, "memory_changes/time")[rows]) >= 0).all()
        peak = column(file, "rank_summary/peak_memory")[place]
        assert held[rows].max() == peak == column(file, "memory/allocated")[place].max()
        assert column(file, "memory/peak")[place].sum() == peak
        exceeded = peak > column(file, "memory/capacity")[place]
        assert column(file, "rank_summary/oom")[place] == exceeded
    assert column(file, "rank_summary/peak_memory").max() == column(file, "summary/peak_memory")


def test_memory_curves_add_up(file):
    total = sum(column(file, f"memory/{category}") for category in CATEGORIES)
    assert (total == column(file, "memory/allocated")).all()
    assert file["memory"].attrs["signal"] == "allocated"


def test_enumerations_have_names(file):
    kinds = h5py.check_enum_dtype(file["events/kind"].dtype)
    assert kinds["forward"] == 0 and kinds["receive"] == 11
    categories = h5py.check_enum_dtype(file["memory_changes/category"].dtype)
    assert categories == {name: value for value, name in enumerate(CATEGORIES)}
    assert list(file["memory_category"].asstr()[()]) == CATEGORIES
    verdict = {value: name for name, value in h5py.check_enum_dtype(file["summary/verdict"].dtype).items()}
    told = verdict[int(column(file, "summary/verdict"))]
    assert ("out_of_memory" in file) == (told == "out_of_memory")


def test_messages_have_two_ends(file):
    kinds = h5py.check_enum_dtype(file["events/kind"].dtype)
    kind, peer = column(file, "events/kind"), column(file, "events/peer")
    message = (kind == kinds["send"]) | (kind == kinds["receive"])
    assert ((peer >= 0) == message).all()
    assert set(peer[message]) <= set(column(file, "rank"))


# --- other readers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.filterwarnings("error")
def test_xarray_opens_every_group(trace, file, engine):
    xarray = pytest.importorskip("xarray")
    with xarray.open_datatree(trace, engine=engine) as tree:
        assert "/events" in tree.groups and "/memory" in tree.groups
    for table, dimension in TABLES.items():
        with xarray.open_dataset(trace, engine=engine, group=table) as dataset:
            assert set(dataset.sizes) == {dimension}
            frame = dataset.to_dataframe()
            assert len(frame) == file[f"{table}/{dimension}"].size
    with xarray.open_dataset(trace, engine=engine, group="events") as events:
        assert events.start.dtype == "int64" and events.start.attrs["units"] == "ns"
        assert int((events.start + events.duration).max()) == column(file, "summary/iteration_time")
    with xarray.open_dataset(trace, engine=engine, group="memory") as memory:
        assert memory.allocated.dims == ("rank", "time")
        assert int(memory.allocated.max()) == column(file, "summary/peak_memory")


@pytest.mark.parametrize("table", TABLES)
def test_pandas_frame_from_columns(file, table):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({name: values[:] for name, values in file[table].items()})
    assert not frame.isna().any().any()
    assert len(frame) == file[f"{table}/{TABLES[table]}"].size


def test_polars_frame_groups_by_name(file):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({name: values[:] for name, values in file["events"].items()})
    names = file["dictionaries/event_name"].asstr()[()]
    sums = frame.group_by("name").agg(polars.col("duration").sum())
    assert sums["duration"].sum() == column(file, "events/duration").sum()
    assert sums["name"].max() < len(names)


@pytest.mark.skipif(shutil.which("ncdump") is None, reason="ncdump is not installed")
def test_ncdump_prints_labels(trace):
    text = subprocess.run(
        ["ncdump", "-v", "/summary/verdict", trace], check=True, capture_output=True, text=True).stdout
    assert re.search(r"verdict = (fits|out_of_memory) ;", text)
    assert "/types/event_kind kind(event)" in text


@pytest.mark.skipif(shutil.which("h5dump") is None, reason="h5dump is not installed")
def test_h5dump_reads_everything(trace):
    header = subprocess.run(["h5dump", "-H", trace], check=True, capture_output=True, text=True).stdout
    assert 'GROUP "events"' in header
    kinds = subprocess.run(
        ["h5dump", "-y", "-d", "/events/kind", "-s", "0", "-c", "1", trace], check=True, capture_output=True,
        text=True).stdout
    assert re.search(r"DATA \{\s+[a-z_]+\s+\}", kinds)


# --- the timeline ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slices_and_others(timeline):
    """Events of the timeline by phase."""
    with open(timeline, encoding="utf-8") as opened:
        document = json.load(opened)
    phases = collections.defaultdict(list)
    for event in document["traceEvents"]:
        phases[event["ph"]].append(event)
    return phases


def nanoseconds(event, key="ts"):
    """A time of an event; the file has microseconds with three decimals."""
    return round(event[key] * 1000)


def test_slices_of_a_track_do_not_overlap(slices_and_others):
    ends = collections.defaultdict(int)
    for event in slices_and_others["X"]:
        track = event["pid"], event["tid"]
        assert nanoseconds(event) >= ends[track]
        ends[track] = nanoseconds(event) + nanoseconds(event, "dur")
    assert ends


def test_arrows_are_paired_inside_slices(slices_and_others):
    starts = {event["id"]: event for event in slices_and_others["s"]}
    finishes = {event["id"]: event for event in slices_and_others["f"]}
    assert starts.keys() == finishes.keys()
    assert len(starts) == len(slices_and_others["s"]) and len(finishes) == len(slices_and_others["f"])
    begun = {(event["pid"], event["tid"], nanoseconds(event)) for event in slices_and_others["X"]}
    for identifier, start in starts.items():
        finish = finishes[identifier]
        assert finish["bp"] == "e" and (start["name"], start["cat"]) == (finish["name"], finish["cat"])
        assert nanoseconds(start) <= nanoseconds(finish)
        for event in (start, finish):
            assert (event["pid"], event["tid"], nanoseconds(event)) in begun


def test_every_track_has_a_name(slices_and_others):
    named = {(event["pid"], event["tid"]) for event in slices_and_others["M"] if event["name"] == "thread_name"}
    assert {(event["pid"], event["tid"]) for event in slices_and_others["X"]} <= named
    processes = {event["pid"] for event in slices_and_others["M"] if event["name"] == "process_name"}
    assert {event["pid"] for event in slices_and_others["C"]} == processes


def test_counters_ascend_and_name_all_categories(slices_and_others):
    last = {}
    for event in slices_and_others["C"]:
        if event["name"] != "memory GB":
            continue
        assert list(event["args"]) == CATEGORIES
        assert nanoseconds(event) > last.get(event["pid"], -1)
        last[event["pid"]] = nanoseconds(event)
    assert last


def test_timeline_and_trace_agree(slices_and_others, file):
    rows = [event["args"]["event"] for event in slices_and_others["X"]]
    starts, durations = column(file, "events/start"), column(file, "events/duration")
    if max(rows) >= starts.size:
        pytest.skip("the timeline belongs to another run")
    assert [nanoseconds(event) for event in slices_and_others["X"]] == starts[rows].tolist()
    assert [nanoseconds(event, "dur") for event in slices_and_others["X"]] == durations[rows].tolist()


# --- the document ----------------------------------------------------------------------------------------------------

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "hdf5.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_document_names_every_dataset(file):
    prose = re.sub(r"```.*?```", "", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = {word.rpartition("/")[2] for word in re.findall(r"`([^`\n]+)`", prose)}
    missing = []

    def check(name, item):
        if isinstance(item, h5py.Dataset) and name.rpartition("/")[2] not in named:
            missing.append(name)

    file.visititems(check)
    # A caller of the library may add to these two.
    extras = {f"summary/{name}" for name in file["summary"]} | {f"inputs/{name}" for name in file["inputs"]}
    assert [name for name in missing if name not in extras and not name.startswith("types")] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[0])
def test_document_examples_run(example, trace, tmp_path, monkeypatch):
    (tmp_path / "trace.h5").symlink_to(trace.resolve())
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "example", "exec"), {})
