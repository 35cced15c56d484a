"""Some rows of a file as Arrow columns, and the check that a column of bytes is text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .bad_rows import BadRows

SHOWN = 40


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows of a file.

    Attributes:
        path: The file.
        lines: int64 ``[rows]``; each row's line in the file, the first being 1; of a parquet file the row's number.
        columns: Arrow arrays ``[rows]`` by name.
    """

    path: Path
    lines: NDArray[np.int64]
    columns: Mapping[str, Any]

    def take(self, kept: NDArray[np.bool_]) -> Batch:
        """Return the rows of ``kept``, bool ``[rows]``."""
        if kept.all():
            return self
        chosen = pa.array(kept)
        return Batch(self.path, self.lines[kept], {name: c.filter(chosen) for name, c in self.columns.items()})

    def tell(self, faults: dict[int, str], bad: BadRows) -> NDArray[np.bool_]:
        """Tell ``bad`` what is wrong at some positions; returns which rows are left, bool ``[rows]``.

        Raises:
            UserError: If there is a fault, and rows may not be bad.
        """
        for row in sorted(faults):
            bad.add(self.path, int(self.lines[row]), faults[row])
        left = np.ones(len(self.lines), bool)
        left[[*faults]] = False
        return left

    def without(self, faults: dict[int, str], bad: BadRows) -> Batch:
        """Return the rows that are left when ``bad`` is told of ``faults``; see :meth:`tell`."""
        return self.take(self.tell(faults, bad))


def note(faults: dict[int, str], rows: NDArray[np.bool_], problem: str | Callable[[int], str]) -> None:
    """Add rows to ``faults``, unless something else is wrong with them already.

    Args:
        faults: What is wrong, by position.
        rows: bool ``[rows]``; which rows to add.
        problem: What is wrong with them, or with the row at a position.
    """
    for row in np.flatnonzero(rows).tolist():
        faults.setdefault(row, problem if isinstance(problem, str) else problem(row))


def as_strings(column: Any, faults: dict[int, str]) -> Any:
    """Return a column of bytes as text without spaces at its ends; adds rows that are no UTF-8 to ``faults``."""
    try:
        text = column.cast(pa.string())
    except pa.ArrowInvalid:
        text = pa.array([_decoded(value, row, faults) for row, value in enumerate(column.to_pylist())], pa.string())
    return pc.utf8_trim_whitespace(text)


def find_controls(text: Any, faults: dict[int, str]) -> None:
    """Add the rows of a column whose text holds a control character to ``faults``."""

    def problem(row: int) -> str:
        value = text[row].as_py()
        if "\0" in value:
            return "holds a zero byte; it should be text"
        return f"{value[:SHOWN]!r} holds a tab, a line break or another control character"

    note(faults, mask(pc.match_substring_regex(text, "[\\x00-\\x1f]")), problem)


def mask(flags: Any) -> NDArray[np.bool_]:
    """Return Arrow booleans as numpy's; null is false."""
    return np.asarray(pc.fill_null(flags, False).to_numpy(zero_copy_only=False), bool)


def _decoded(value: bytes | None, row: int, faults: dict[int, str]) -> str | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        faults.setdefault(row, f"holds bytes that are not UTF-8 (0x{value[error.start]:02x}); save the file as UTF-8")
        return ""
