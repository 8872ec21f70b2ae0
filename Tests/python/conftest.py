"""Files under test, named by the environment: GALVASIM_TRACE (.h5) and GALVASIM_TIMELINE (.json)."""

import os
import pathlib

import pytest


def file_from_environment(variable):
    """The file a variable names; the test is skipped where the variable is unset."""
    name = os.environ.get(variable)
    if not name:
        pytest.skip(f"{variable} names no file")
    path = pathlib.Path(name)
    assert path.is_file(), f"{variable}={name}: no such file"
    return path


@pytest.fixture(scope="module")
def trace():
    """A trace written by `galvasim simulate --trace FILE.h5`."""
    return file_from_environment("GALVASIM_TRACE")


@pytest.fixture(scope="module")
def timeline():
    """A timeline written by `galvasim simulate --timeline FILE.json`."""
    return file_from_environment("GALVASIM_TIMELINE")
