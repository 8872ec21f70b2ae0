"""A table that the measurement program made on the processor prices the kernels of a simulation."""

import json
import os
import pathlib

import pytest


@pytest.fixture(scope="module")
def runs():
    """Documents of the same simulation with the HDF5 form of a table and with its CSV twin."""
    names = os.environ.get("GALVASIM_TABLE_RUNS")
    if not names:
        pytest.skip("GALVASIM_TABLE_RUNS names no files")
    return [json.loads(pathlib.Path(name).read_text()) for name in names.split(":")]


def test_the_table_is_named_as_measured(runs):
    for run in runs:
        assert [table["name"] for table in run["kernel_tables"]] == ["cpu"]
        assert run["verdict"] == "fits"


def test_its_kernels_decide_most_of_the_time(runs):
    for run in runs:
        shares = run["kernel_time_share"]
        assert shares["measured"] + shares["interpolated"] + shares["extrapolated"] > 0.5
        assert sum(shares.values()) == pytest.approx(1)


def test_both_forms_of_the_table_give_the_same_answer(runs):
    first, second = runs
    assert first["iteration_time_s"] == pytest.approx(second["iteration_time_s"], rel=1e-4)
