"""Some rows of a file as Arrow columns, and the check that a column of bytes is text."""

from __future__ import annotations

from collections.abc import Sequence
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
        columns: Arrow arrays ``[rows]``, in the order in which they were asked for.
    """

    path: Path
    lines: NDArray[np.int64]
    columns: Sequence[Any]

    def take(self, kept: NDArray[np.bool_]) -> Batch:
        """Return the rows of ``kept``, bool ``[rows]``."""
        if kept.all():
            return self
        mask = pa.array(kept)
        return Batch(self.path, self.lines[kept], [column.filter(mask) for column in self.columns])

    def without(self, faults: dict[int, str], bad: BadRows) -> Batch:
        """Return the rows that are not at ``faults``, positions with what is wrong there, which ``bad`` is told.

        Raises:
            UserError: If there is a fault, and rows may not be bad.
        """
        if not faults:
            return self
        kept = np.ones(len(self.lines), bool)
        for row in sorted(faults):
            bad.add(self.path, int(self.lines[row]), faults[row])
            kept[row] = False
        return self.take(kept)


def as_strings(column: Any, faults: dict[int, str]) -> Any:
    """Return a column of bytes as text without spaces at its ends; adds rows that are no UTF-8 to ``faults``."""
    try:
        text = column.cast(pa.string())
    except pa.ArrowInvalid:
        text = pa.array([_decoded(value, row, faults) for row, value in enumerate(column.to_pylist())], pa.string())
    return pc.utf8_trim_whitespace(text)


def find_controls(text: Any, faults: dict[int, str]) -> None:
    """Add the rows of a column whose text holds a control character to ``faults``."""
    for row in np.flatnonzero(mask(pc.match_substring_regex(text, "[\\x00-\\x1f]"))).tolist():
        value = text[row].as_py()
        problem = (
            "holds a zero byte; it should be text"
            if "\0" in value
            else f"{value[:SHOWN]!r} holds a tab, a line break or another control character"
        )
        faults.setdefault(row, problem)


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
