#!/usr/bin/env python3
"""Prints how the times of two kernel tables compare, shape by shape.

    python3 compare_tables.py h200.csv crosscheck.csv
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Optional, Sequence

from shape import Shape
from table import TableError, read
from timing import percentile


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the program; the exit status."""
    parser = argparse.ArgumentParser(description="Compare the times of two kernel tables, CSV or HDF5.")
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    options = parser.parse_args(arguments)
    try:
        first, second = read(options.first), read(options.second)
    except TableError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    shared = [row[:-4] for row in first.sorted_rows() if row[:-4] in second.rows]
    if not shared:
        print("error: the tables have no shape in common", file=sys.stderr)
        return 1
    ratios = []
    for key in shared:
        times = first.rows[key][0], second.rows[key][0]
        ratios.append(times[0] / times[1])
        print(f"{ratios[-1]:.3f} {times[0]:g} us / {times[1]:g} us  {Shape(*key)}")
    print(
        f"# {len(ratios)} shapes: median ratio {percentile(ratios, 0.5):.3f}, "
        f"80 % between {percentile(ratios, 0.1):.3f} and {percentile(ratios, 0.9):.3f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
