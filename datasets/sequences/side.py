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
from ..reading.batch import SHOWN, Batch, mask
from .ranges import range_of
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from ..reading.bad_rows import BadRows


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
    path: Path, batches: Iterable[Batch], names: Sequence[str], role: str, widths: Mapping[str, int], bad: BadRows
) -> Side:
    """Build a side from a file's rows; one that repeats another in all columns is passed over.

    Args:
        path: The file.
        batches: Its rows; the first column holds the ids, the others are ``names``.
        names: Names of the further columns.
        role: What the ids are, e.g. ``user id``, for messages.
        widths: Columns of numbers to put into ranges, and how wide these are.
        bad: What to do with bad rows: without an id, without a number where a range needs one, or a second and
            different row of an id.

    Raises:
        UserError: If a row is bad and may not be, or there is none.
    """
    parts = [_checked(batch, names, role, widths, bad) for batch in batches]
    parts = [part for part in parts if len(part.lines)]
    if not parts:
        raise UserError(f"{path} holds no rows.")
    columns = [_joined([part.columns[k] for part in parts]) for k in range(1 + len(names))]
    return _once(Batch(path, np.concatenate([part.lines for part in parts]), columns), names, role, bad)


def _checked(batch: Batch, names: Sequence[str], role: str, widths: Mapping[str, int], bad: BadRows) -> Batch:
    faults: dict[int, str] = {}
    ids = pc.fill_null(batch.columns[0], "")
    for row in np.flatnonzero(mask(pc.equal(ids, ""))).tolist():
        faults[row] = f"the {role} is missing"
    columns = [ids]
    for name, column in zip(names, batch.columns[1:], strict=True):
        column = pc.fill_null(column, "")
        columns.append(in_ranges(column, name, widths[name], faults) if name in widths else column)
    return Batch(batch.path, batch.lines, columns).without(faults, bad)


def in_ranges(column: Any, name: str, width: int, faults: dict[int, str]) -> Any:
    """Return the ranges of numbers given as text, e.g. 20-29 for 24; rows that hold no number go to ``faults``."""
    coded = column.dictionary_encode()
    found = [range_of(value, width) for value in coded.dictionary.to_pylist()]
    codes = coded.indices.to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(np.array([value is None for value in found], bool)[codes]).tolist():
        faults.setdefault(row, f"buckets: {name} {column[row].as_py()[:SHOWN]!r} is not a number")
    return pa.array([value or "" for value in found], pa.string()).take(coded.indices)


def _joined(parts: Sequence[Any]) -> Any:
    return pa.concat_arrays([part.cast(pa.string()) for part in parts])


def _once(batch: Batch, names: Sequence[str], role: str, bad: BadRows) -> Side:
    ids, *columns = batch.columns
    codes = Vocabulary().codes(ids)
    _, first = np.unique(codes, return_index=True)
    earlier = first[codes]
    again = earlier != np.arange(len(codes))
    differ = np.zeros(len(codes), bool)
    for column in columns:
        values = Vocabulary().codes(column)
        differ |= values != values[earlier]
    for row in np.flatnonzero(differ & again).tolist():
        bad.add(batch.path, int(batch.lines[row]), f"{role} '{ids[row]}' occurs a second time, with other values")
    kept = pa.array(~again)
    return Side(ids.filter(kept), {name: c.filter(kept) for name, c in zip(names, columns, strict=True)})
