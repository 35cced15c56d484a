"""What is known about users or items: one row for each id, and a few columns of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...core.errors import UserError
from ..reading.batch import SHOWN, Batch, mask, note
from .ranges import range_of
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from ..reading.bad_rows import BadRows

NOTHING: Mapping[str, Any] = {}
ID = ""
"""Name of the ids beside the columns; no column has it."""


@dataclass(frozen=True, eq=False)
class Side:
    """Rows about users or items, each id once.

    Attributes:
        ids: Arrow array of text.
        columns: Arrow arrays of text ``[rows]`` by name; empty where unknown.
    """

    ids: Any
    columns: Mapping[str, Any]

    def rows(self, wanted: Sequence[str]) -> NDArray[np.int64]:
        """Return int64 ``[wanted]``: the row of each id, -1 where there is none."""
        found = pc.index_in(pa.array(wanted, pa.string()), value_set=self.ids)
        return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int64)

    def knows(self, ids: Sequence[str] | NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return bool ``[ids]``: which ids have a row."""
        given = pa.array(ids).cast(pa.string()) if isinstance(ids, np.ndarray) else pa.array(ids, pa.string())
        return mask(pc.is_in(given, value_set=self.ids))


def read_side(
    path: Path,
    batches: Iterable[Batch],
    key: str,
    names: Sequence[str],
    role: str,
    bad: BadRows,
    widths: Mapping[str, int] = NOTHING,
) -> Side:
    """Build a side from a file's rows; one that repeats another in all columns is passed over.

    Args:
        path: The file.
        batches: Its rows, with the column ``key`` and those of ``names``.
        key: Name of the column of ids.
        names: Names of the columns wanted.
        role: What the ids are, e.g. ``user id``, for messages.
        bad: What to do with bad rows: without an id, without a number where a range needs one, or a second and
            different row of an id.
        widths: Columns of numbers to put into ranges, and how wide these are.

    Raises:
        UserError: If a row is bad and may not be, or there is none.
    """
    parts = []
    for batch in batches:
        faults: dict[int, str] = {}
        columns = {ID: pc.fill_null(batch.columns[key], "")}
        note(faults, mask(pc.equal(columns[ID], "")), f"the {role} is missing")
        for name in names:
            column = pc.fill_null(batch.columns[name], "")
            columns[name] = in_ranges(column, name, widths[name], faults) if name in widths else column
        parts.append(Batch(path, batch.lines, columns).without(faults, bad))
    if not any(len(part.lines) for part in parts):
        raise UserError(f"{path} holds no rows.")
    columns = {
        name: pa.concat_arrays([part.columns[name].cast(pa.string()) for part in parts]) for name in (ID, *names)
    }
    return _once(Batch(path, np.concatenate([part.lines for part in parts]), columns), role, bad)


def in_ranges(column: Any, name: str, width: int, faults: dict[int, str]) -> Any:
    """Return the ranges of numbers given as text, e.g. 20-29 for 24; rows that hold no number go to ``faults``."""
    coded = column.dictionary_encode()
    found = [range_of(value, width) for value in coded.dictionary.to_pylist()]
    codes = coded.indices.to_numpy(zero_copy_only=False)
    wrong = np.array([value is None for value in found], bool)[codes]
    note(faults, wrong, lambda row: f"buckets: {name} {column[row].as_py()[:SHOWN]!r} is not a number")
    return pa.array([value or "" for value in found], pa.string()).take(coded.indices)


def _once(batch: Batch, role: str, bad: BadRows) -> Side:
    """Return the first row of each id; a later one that differs is a bad row."""
    codes = Vocabulary().codes(batch.columns[ID])
    _, first = np.unique(codes, return_index=True)
    earlier = first[codes]
    again = earlier != np.arange(len(codes))
    differ = np.zeros(len(codes), bool)
    for column in batch.columns.values():
        values = Vocabulary().codes(column)
        differ |= values != values[earlier]
    faults: dict[int, str] = {}
    note(faults, differ, lambda row: f"{role} '{batch.columns[ID][row]}' occurs a second time, with other values")
    batch.tell(faults, bad)
    columns = dict(batch.take(~again).columns)
    return Side(columns.pop(ID), columns)
