"""The kernel table: header and rows, written as CSV and HDF5 and read back.

Both files hold the same values: times are rounded to six significant digits before either is written.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Callable, Mapping, Optional, Union

from shape import KINDS, Shape
from timing import Sample

try:
    import h5py
except ImportError:
    h5py = None

Cell = Union[str, int, float, None]

FORMAT = "galvasim-kernel-table 1"
TEXT_COLUMNS = ("kind", "op", "pass", "format", "layout")
COUNT_COLUMNS = (
    "batch", "m", "n", "k", "heads", "kv_heads", "queries", "keys", "head_dim", "causal", "rows", "width", "bytes",
)  # fmt: skip
KEY_COLUMNS = TEXT_COLUMNS + COUNT_COLUMNS
COLUMNS = KEY_COLUMNS + ("time_us", "spread", "repeats", "alone_us")
REAL_COLUMNS = ("time_us", "spread", "alone_us")
NUMERIC_HEADER = ("multiprocessors", "memory_bytes", "clock_mhz", "memory_clock_mhz", "temperature_c", "power_limit_w")
HEADER_ORDER = (
    "format", "name", "gpu", "device", "provenance", "source", "date", "driver", "cuda", "library", "multiprocessors",
    "memory_bytes", "clock_mhz", "memory_clock_mhz", "temperature_c", "power_limit_w", "method",
)  # fmt: skip


class TableError(Exception):
    """A file that is no kernel table, or not the one expected."""


def rounded(value: float) -> str:
    """Six significant digits, without an exponent."""
    return format(Decimal(f"{value:.6g}"), "f")


def number(text: str) -> Union[int, float]:
    """A number as its shortest kind."""
    return int(text) if text.lstrip("-").isdigit() else float(text)


@dataclass
class Table:
    """Header and rows of one GPU. A row is the cells of the columns from `time_us` on, by the cells left of it."""

    header: dict[str, str]
    rows: dict[tuple, tuple] = field(default_factory=dict)

    def add(self, shape: Shape, sample: Sample) -> None:
        """Appends a measurement; a shape measured before is replaced."""
        alone = None if sample.alone_us is None else float(rounded(sample.alone_us))
        times = (float(rounded(sample.median_us)), float(rounded(sample.spread)), sample.repeats, alone)
        self.rows[shape.key()] = times

    def sorted_rows(self) -> list[tuple[Cell, ...]]:
        """All cells of all rows, in an order that does not depend on when they were measured."""

        def place(key: tuple) -> tuple:
            texts = tuple(key[1 : len(TEXT_COLUMNS)])
            counts = tuple(-1 if cell is None else cell for cell in key[len(TEXT_COLUMNS) :])
            return (KINDS.index(key[0]), texts, counts)

        return [key + self.rows[key] for key in sorted(self.rows, key=place)]

    # --- Writing -----------------------------------------------------------------------------------------------------

    def write(self, csv: Path, hdf5: Optional[Path]) -> None:
        """Writes the files under temporary names and renames them, so that they are whole at any instant."""
        replace(csv, lambda path: path.write_text(self.csv_text(), encoding="utf-8", newline="\n"))
        if hdf5 is not None:
            replace(hdf5, self._write_hdf5)

    def csv_text(self) -> str:
        """Header lines, column names, rows."""
        lines = [f"# {key}: {self.header[key]}" for key in HEADER_ORDER if key in self.header]
        lines.append(",".join(COLUMNS))
        for row in self.sorted_rows():
            cells = zip(COLUMNS, row)
            lines.append(",".join(_cell_text(name, cell) for name, cell in cells))
        return "\n".join(lines) + "\n"

    def _write_hdf5(self, path: Path) -> None:
        rows = self.sorted_rows()
        with h5py.File(path, "w") as file:
            for key in HEADER_ORDER:
                if key in self.header:
                    text = self.header[key]
                    file.attrs[key] = number(text) if key in NUMERIC_HEADER else text
            group = file.create_group("kernels")
            for index, name in enumerate(COLUMNS):
                values, kind = _column([row[index] for row in rows], name)
                group.create_dataset(
                    name, data=values, dtype=kind, compression="gzip", shuffle=True, track_times=False
                )


def replace(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` fill a temporary file beside `path`, which then takes its place."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        write(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _cell_text(name: str, cell: Cell) -> str:
    if cell is None:
        return ""
    return rounded(cell) if name in REAL_COLUMNS else str(cell)


def _column(cells: list[Cell], name: str) -> tuple[list, object]:
    """A column's values and type, empty cells as the format says."""
    if name in TEXT_COLUMNS:
        return cells, h5py.string_dtype("utf-8")
    if name in REAL_COLUMNS:
        return [float("nan") if cell is None else cell for cell in cells], "f8"
    return [-1 if cell is None else cell for cell in cells], "i8"


# --- Reading ---------------------------------------------------------------------------------------------------------


def read(path: Path) -> Table:
    """A table from its CSV or HDF5 file, by the file's extension."""
    if path.suffix == ".csv":
        return _read_csv(path)
    if h5py is None:
        raise TableError(f"{path}: h5py is not installed; name the CSV file instead")
    return _read_hdf5(path)


def _read_csv(path: Path) -> Table:
    header: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: {error}") from error
    while lines and lines[0].startswith("# "):
        key, _, value = lines.pop(0)[2:].partition(": ")
        header[key] = value
    if not lines or lines.pop(0) != ",".join(COLUMNS):
        raise TableError(f"{path}: line {len(header) + 1} does not name the columns of a kernel table")
    table = _table(path, header)
    for index, line in enumerate(lines, start=len(header) + 2):
        cells = line.split(",")
        if len(cells) != len(COLUMNS):
            raise TableError(f"{path}: line {index} has {len(cells)} cells, not {len(COLUMNS)}")
        try:
            _insert(table, dict(zip(COLUMNS, cells)))
        except ValueError as error:
            raise TableError(f"{path}: line {index}: {error}") from error
    return table


def _read_hdf5(path: Path) -> Table:
    try:
        with h5py.File(path) as file:
            header = {key: str(value) for key, value in file.attrs.items()}
            group = file["kernels"]
            columns = {
                name: group[name].asstr()[()] if name in TEXT_COLUMNS else group[name][()] for name in COLUMNS
            }
    except (OSError, KeyError, TypeError) as error:
        raise TableError(f"{path}: no kernel table: {error}") from error
    table = _table(path, header)
    for index in range(len(columns["kind"])):
        _insert(table, {name: _hdf5_text(name, columns[name][index]) for name in COLUMNS})
    return table


def _table(path: Path, header: Mapping[str, str]) -> Table:
    if header.get("format") != FORMAT:
        raise TableError(f"{path}: format is {header.get('format', 'missing')!r}, not {FORMAT!r}")
    return Table(dict(header))


def _hdf5_text(name: str, value: Union[str, int, float]) -> str:
    if name in TEXT_COLUMNS:
        return value
    if name in REAL_COLUMNS:
        return "" if value != value else repr(float(value))
    return "" if value < 0 else str(int(value))


def _insert(table: Table, cells: Mapping[str, str]) -> None:
    texts = tuple(cells[name] for name in TEXT_COLUMNS)
    counts = tuple(int(cells[name]) if cells[name] else None for name in COUNT_COLUMNS)
    alone = float(cells["alone_us"]) if cells["alone_us"] else None
    table.rows[texts + counts] = (float(cells["time_us"]), float(cells["spread"]), int(cells["repeats"]), alone)
