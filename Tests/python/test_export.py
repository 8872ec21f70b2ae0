"""`galvasim export` makes from a trace file alone the very bytes that `simulate` writes."""

import csv
import filecmp
import os
import pathlib
import subprocess

import h5py
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIO = "Scenarios/runs/bert-huge-32-titanrtx-8gb.yaml"


def named(variable):
    """The path a variable names."""
    name = os.environ.get(variable)
    if not name:
        pytest.skip(f"{variable} names nothing")
    return pathlib.Path(name)


def export(trace, form, out, *options):
    """Runs the command."""
    return subprocess.run(
        [named("GALVASIM_BINARY").resolve(), "export", trace, "--format", form, "--out", out, *options],
        capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("form, variable", [
    ("perfetto", "GALVASIM_PERFETTO"), ("chrome", "GALVASIM_TIMELINE"), ("torch-snapshot", "GALVASIM_SNAPSHOT"),
    ("kineto", "GALVASIM_KINETO"),
])
def test_export_equals_simulate(form, variable, tmp_path):
    out = tmp_path / f"out{named(variable).suffix}"
    done = export(named("GALVASIM_TRACE"), form, out)
    assert done.returncode == 0, done.stderr
    if out.is_dir():
        same = filecmp.dircmp(out, named(variable))
        assert same.same_files and not (same.left_only or same.right_only or same.diff_files)
    else:
        assert out.read_bytes() == named(variable).read_bytes()


def test_shared_links_come_through_the_file(tmp_path):
    out = tmp_path / "out.pftrace"
    assert export(named("GALVASIM_SHARED_TRACE"), "perfetto", out).returncode == 0
    assert out.read_bytes() == named("GALVASIM_SHARED_PERFETTO").read_bytes()


def test_csv_holds_the_events(tmp_path):
    assert export(named("GALVASIM_TRACE"), "csv", tmp_path / "a.csv").returncode == 0
    with open(tmp_path / "a.csv", newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    with h5py.File(named("GALVASIM_TRACE")) as file:
        events = file["events"]
        kinds = {value: name for name, value in h5py.check_enum_dtype(events["kind"].dtype).items()}
        shown = [row for row, kind in enumerate(events["kind"][()]) if kinds[kind] != "marker"]
        assert [int(row["event"]) for row in rows] == shown
        assert [int(row["start_ns"]) for row in rows] == events["start"][()][shown].tolist()
        assert [int(row["duration_ns"]) for row in rows] == events["duration"][()][shown].tolist()


def test_foreign_and_damaged_files_are_refused(tmp_path):
    data = named("GALVASIM_TRACE").read_bytes()
    (tmp_path / "text.h5").write_text("not HDF5\n")
    (tmp_path / "empty.h5").write_bytes(b"")
    with h5py.File(tmp_path / "foreign.h5", "w") as foreign:
        foreign["events"] = [1, 2, 3]
    for part in (1, 2, 5, 9):
        (tmp_path / f"cut{part}.h5").write_bytes(data[:len(data) * part // 10])
    for path in sorted(tmp_path.glob("*.h5")):
        done = export(path, "perfetto", tmp_path / "out.pftrace")
        assert done.returncode == 65, path
        assert done.stderr.count("\n") == 1 and path.name in done.stderr
        assert "HDF5-DIAG" not in done.stderr and not (tmp_path / "out.pftrace").exists()
    missing = export(tmp_path / "missing.h5", "perfetto", tmp_path / "out.pftrace")
    assert missing.returncode == 66 and "no such file" in missing.stderr


def test_contradictions_are_refused(tmp_path):
    def changed(name, change):
        path = tmp_path / f"{name}.h5"
        path.write_bytes(named("GALVASIM_TRACE").read_bytes())
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    def set_value(dataset, row, value):
        def change(file):
            file[dataset][row] = value
        return change

    def remove(dataset):
        def change(file):
            del file[dataset]
        return change

    cases = {
        "negative": set_value("events/start", 3, -5), "name": set_value("events/name", 0, 10_000),
        "sender": set_value("events/sender", 0, 0), "kind": set_value("events/kind", 0, 200),
        "rank": set_value("events/rank", 0, 7), "ledger": set_value("memory_changes/event", 50, 10**9),
        "long": set_value("events/duration", 0, 2**62), "missing": remove("events/layer"),
        "no_memory": remove("memory_changes"), "no_rank": remove("rank_summary"),
    }
    for name, change in cases.items():
        done = export(changed(name, change), "perfetto", tmp_path / "out.pftrace")
        assert done.returncode == 65, (name, done.stderr)
        assert "is damaged" in done.stderr and done.stderr.count("\n") == 1


def test_flipped_bytes_never_crash(tmp_path):
    """Data carry no check sums: a flipped byte may pass unseen, but never as a crash."""
    data = bytearray(named("GALVASIM_TRACE").read_bytes())
    path = tmp_path / "flipped.h5"
    for step in range(60):
        place = (step * 7919 + step * step * 104729) % len(data)
        data[place] ^= 0xFF
        path.write_bytes(data)
        data[place] ^= 0xFF
        done = export(path, "perfetto", tmp_path / "out.pftrace")
        assert done.returncode in (0, 65), (place, done.stderr)
        assert "HDF5-DIAG" not in done.stderr


def test_usage_errors(tmp_path):
    assert export(named("GALVASIM_TRACE"), "pdf", tmp_path / "a").returncode == 64
    assert export(named("GALVASIM_TRACE"), "perfetto", tmp_path / "a.pftrace", "--ranks", "2").returncode == 64
    assert export(named("GALVASIM_TRACE"), "perfetto", tmp_path / "missing" / "a").returncode == 74
    assert list(tmp_path.iterdir()) == []
