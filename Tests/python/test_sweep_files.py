"""Sweeps of the built command (GALVASIM_COMMAND): their files in the real readers, interrupted and resumed runs."""

import json
import os
import pathlib
import signal
import subprocess
import time
import xml.etree.ElementTree

import numpy
import pytest
from conftest import file_from_environment

h5py = pytest.importorskip("h5py")
pandas = pytest.importorskip("pandas")

LIMITS = [f"{count}GiB" for count in range(2, 22)]
SPEC = f"""
schema_version: 1
name: thousand
task: simulate
scenario:
  schema_version: 1
  model: gpt2
  cluster: titan-rtx-8
  job: {{global_batch: 32, sequence_length: 256, precision: fp16}}
  options: {{attention: unfused}}
axes:
  - {{name: memory, key: options.memory_limit, values: [{", ".join(LIMITS)}]}}
  - {{key: job.micro_batch, values: [1, 2, 3, 4, 8]}}
  - {{name: zero, key: plan.zero, values: [0, 1, 2, 3, 4]}}
  - {{name: recompute, key: plan.recompute, values: [none, full]}}
chart: {{x: memory, lines: zero, y_scale: log}}
best_over: [micro_batch, recompute]
"""


def run(command, *arguments):
    """The finished process of a sweep."""
    return subprocess.run([command, "sweep", *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def command():
    """The built command."""
    return file_from_environment("GALVASIM_COMMAND")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the specification of 1,000 points."""
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "thousand.yaml").write_text(SPEC, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def whole(command, folder):
    """The file of an uninterrupted run on one core, beside whole.csv, whole.svg and whole.json."""
    result = run(command, folder / "thousand.yaml", "--jobs", 1, "--out", folder / "whole.h5", "--csv",
                 folder / "whole.csv", "--svg", folder / "whole.svg", "--json")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    (folder / "whole.json").write_text(result.stdout, encoding="utf-8")
    return folder / "whole.h5"


def interrupted(command, spec, out, points):
    """Starts a sweep, presses Ctrl-C when some points are finished, and returns the finished process."""
    process = subprocess.Popen([command, "sweep", spec, "--jobs", "2", "--out", out], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    journal = pathlib.Path(f"{out}.partial")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if journal.exists() and journal.read_bytes().count(b"\n") > points:
            process.send_signal(signal.SIGINT)
            break
        time.sleep(0.01)
    output, errors = process.communicate(timeout=120)
    return subprocess.CompletedProcess([], process.returncode, output, errors)


def test_every_point_is_a_row(whole):
    with h5py.File(whole) as file:
        points = file["points"]
        assert (points["point"][:] == numpy.arange(1000)).all()
        assert file.attrs["point_count"] == 1000
        assert json.loads(file["spec"].asstr()[()])["name"] == "thousand"
        assert points["samples_per_s"].attrs["units"] == "s-1"
        assert points["memory"].dims[0][0] == points["point"]
        verdicts = points["verdict"].asstr()[:]
        assert set(verdicts) == {"fits", "out_of_memory", "failed"}
        fits = verdicts == "fits"
        speed, time_of = points["samples_per_s"][:], points["iteration_time_s"][:]
        assert numpy.allclose(speed[fits] * time_of[fits], 32) and numpy.isnan(speed[~fits]).all()
        assert (points["peak_reserved_bytes"][:][fits] <= points["capacity_bytes"][:][fits]).all()
        assert all(points["reason"].asstr()[:][~fits])


def test_pandas_finds_the_best_plan_of_each_limit(whole):
    with h5py.File(whole) as file:
        points = file["points"]
        frame = pandas.DataFrame(
            {name: column.asstr()[:] if h5py.check_string_dtype(column.dtype) else column[:]
             for name, column in points.items()})
    assert frame.micro_batch.dtype == numpy.int64
    document = json.loads(whole.with_name("whole.json").read_text(encoding="utf-8"))
    fits = frame[frame.verdict == "fits"]
    best = fits.groupby(["memory", "zero"]).samples_per_s.max()
    told = {(row["axes"]["memory"], int(row["axes"]["zero"])): row["samples_per_s"]
            for row in document["best"] if row["verdict"] == "fits"}
    assert told == best.to_dict()
    csv = pandas.read_csv(whole.with_name("whole.csv"))
    assert len(csv) == 1000 and (csv.columns[0] == "point")
    assert numpy.array_equal(csv.samples_per_s, frame.samples_per_s, equal_nan=True)


def test_xarray_names_the_rows(whole):
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(whole, group="points", engine="h5netcdf") as data:
        assert data.samples_per_s.dims == ("point",)
        assert data.sizes["point"] == 1000


def test_the_chart_is_a_document(whole):
    root = xml.etree.ElementTree.parse(whole.with_name("whole.svg")).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "samples/s" in texts and "OOM" in texts and "2GiB" in texts


@pytest.mark.parametrize("damage", ["none", "cut", "junk"])
def test_interrupted_and_resumed_gives_the_same_bytes(command, folder, whole, damage):
    out = folder / f"{damage}.h5"
    journal = folder / f"{damage}.h5.partial"
    result = interrupted(command, folder / "thousand.yaml", out, points=60)
    assert result.returncode == 130
    assert "points are finished and kept in" in result.stderr
    assert journal.exists() and not out.exists()
    kept = journal.read_bytes()
    assert kept.endswith(b"\n") and 60 < kept.count(b"\n") < 1000
    if damage == "cut":
        journal.write_bytes(kept[:-40])
    if damage == "junk":
        journal.write_bytes(kept + b'{"point":999,"verdict":"fits","itera')
    assert run(command, folder / "thousand.yaml", "--out", out).returncode == 65
    result = run(command, folder / "thousand.yaml", "--jobs", 2, "--out", out, "--resume")
    assert result.returncode == 0, result.stderr
    assert not journal.exists()
    assert out.read_bytes() == whole.read_bytes()


def test_killed_and_resumed_gives_the_same_bytes(command, folder, whole):
    out = folder / "killed.h5"
    process = subprocess.Popen([command, "sweep", folder / "thousand.yaml", "--jobs", "2", "--out", out],
                               stdout=subprocess.DEVNULL)
    journal = pathlib.Path(f"{out}.partial")
    while process.poll() is None and not (journal.exists() and journal.stat().st_size > 20_000):
        time.sleep(0.01)
    process.kill()
    process.wait()
    result = run(command, folder / "thousand.yaml", "--out", out, "--resume")
    assert result.returncode == 0, result.stderr
    assert out.read_bytes() == whole.read_bytes()


def test_a_shard_does_not_take_another_shards_file(command, folder):
    part = folder / "shard.h5"
    assert run(command, folder / "thousand.yaml", "--shard", "1/10", "--out", part).returncode == 0
    before = part.read_bytes()
    other = run(command, folder / "thousand.yaml", "--shard", "2/10", "--out", part, "--resume")
    assert other.returncode == 65 and "not part of this shard" in str(other.stderr)
    assert part.read_bytes() == before


def test_merged_shards_give_the_same_bytes(command, folder, whole):
    parts = [folder / f"part{index}.h5" for index in range(1, 4)]
    for index, part in enumerate(parts, 1):
        assert run(command, folder / "thousand.yaml", "--shard", f"{index}/3", "--out", part).returncode == 0
    merged = folder / "merged.h5"
    result = subprocess.run([command, "merge", *parts, "--out", merged], capture_output=True, text=True, check=False)
    assert result.returncode == 0 and result.stdout == "thousand: 1000 of 1000 points from 3 files\n"
    assert merged.read_bytes() == whole.read_bytes()


def test_progress_is_for_terminals_only(command, folder):
    pty = pytest.importorskip("pty")
    reader, writer = pty.openpty()
    process = subprocess.Popen([command, "sweep", folder / "thousand.yaml", "--shard", "1/10"],
                               stdout=subprocess.DEVNULL, stderr=writer)
    os.close(writer)
    text = b""
    while True:
        try:
            piece = os.read(reader, 4096)
        except OSError:
            break
        if not piece:
            break
        text += piece
    assert process.wait() == 0
    assert b"100 of 100 points" in text
