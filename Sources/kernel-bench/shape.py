"""A row of the kernel table without its times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Optional

ELEMENT_BYTES = {"fp8": 1, "bf16": 2, "fp16": 2, "tf32": 4, "fp32": 4}
KINDS = ("gemm", "grouped_gemm", "attention", "elementwise", "copy", "launch", "overlap")


@dataclass(frozen=True)
class Shape:
    """The columns of a row that say what was timed; `None` or an empty text where a column does not apply."""

    kind: str
    op: str
    pass_: str = ""
    format: str = ""
    layout: str = ""
    batch: Optional[int] = None
    m: Optional[int] = None
    n: Optional[int] = None
    k: Optional[int] = None
    heads: Optional[int] = None
    kv_heads: Optional[int] = None
    queries: Optional[int] = None
    keys: Optional[int] = None
    head_dim: Optional[int] = None
    causal: Optional[int] = None
    rows: Optional[int] = None
    width: Optional[int] = None
    bytes: Optional[int] = None

    def key(self) -> tuple:
        """The cells of the row in the order of the columns."""
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)

    def __str__(self) -> str:
        cells = zip(self.__dataclass_fields__, self.key())
        return " ".join(
            str(cell) if index < 5 else f"{name}={cell}"
            for index, (name, cell) in enumerate(cells)
            if cell not in (None, "")
        )


class Ranked(NamedTuple):
    """A shape and when it is measured: tier 0 first. Within a tier the order of making is kept."""

    tier: int
    shape: Shape
