"""What shared links did, as the real readers see it."""

import os
import pathlib

import numpy
import pytest

h5py = pytest.importorskip("h5py")


@pytest.fixture(scope="module")
def path():
    """A trace of a run with shared links; skips where none was made."""
    found = os.environ.get("GALVASIM_SHARED_TRACE")
    if not found or not pathlib.Path(found).exists():
        pytest.skip("no trace of a shared network")
    return found


@pytest.fixture(scope="module")
def network(path):
    """The group of the links, open in h5py."""
    with h5py.File(path) as file:
        yield file["network"]


def test_every_link_has_a_name_a_sort_and_a_capacity(network):
    names = network["link"].asstr()[:]
    assert len(set(names)) == len(names) > 4
    assert set(network["kind"].asstr()[:]) <= {"pcie", "socket", "nvlink", "nvswitch", "nic", "fabric"}
    assert (network["link_capacity"][:] > 1e9).all()
    assert (network["links"][:] >= 1).all()


def test_utilization_over_time_adds_up_to_the_bytes_carried(network):
    starts = network["interval"][:]
    assert starts[0] == 0 and (numpy.diff(starts) == starts[1]).all()
    used = network["utilization"][:]
    assert used.shape == (network["link"].size, starts.size)
    assert (used >= 0).all() and (used <= 1 + 1e-9).all()
    carried = used.sum(axis=1) * starts[1] * 1e-9 * network["link_capacity"][:]
    assert numpy.allclose(carried, network["carried"][:], rtol=1e-3)


def test_times_of_links_and_groups_are_consistent(path, network):
    with h5py.File(path) as file:
        iteration = file["summary/iteration_time"][()]
    assert (network["saturated"][:] <= network["busy"][:]).all()
    assert (network["busy"][:] <= iteration).all()
    assert network["delay"][:].max() > 0
    worst = network["worst_link"][:]
    assert (worst[network["lost_to_sharing"][:] > 10_000] >= 0).all()
    assert worst.max() < network["link"].size
    assert (network["calls"][:] > 0).all()


@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
def test_xarray_names_the_axes(path, engine):
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(path, group="network", engine=engine) as data:
        assert data.utilization.dims == ("link", "interval")
        assert float(data.utilization.max()) <= 1 + 1e-9
        assert data.lost_to_sharing.dims == ("group",)
