"""Reads a large log of numbers batch by batch into compact arrays, and keeps only what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...core.errors import UserError
from ..reading.bad_rows import BadRows
from ..reading.batch import Batch, mask, note
from ..reading.numbered import Layout, read_blocks
from .events import Events
from .log import Log
from .side import NOTHING, Side, read_side

LATEST_SECOND = 4_102_444_800  # the year 2100


def gather(
    path: Path, batches: Iterable[Batch], keep: Callable[[Batch], NDArray[np.bool_]], share: float, bad: BadRows
) -> tuple[Log, dict[str, int]]:
    """Collect the events of a log: 12 bytes for each one kept.

    Args:
        path: The file, for messages.
        batches: Its rows, with the columns user, item and time, all whole numbers.
        keep: Which rows of a batch are wanted.
        share: Part of the users to read, chosen by a hash of their ids.
        bad: What to do with times that cannot be.

    Returns:
        The log, and how many rows there were and how many are kept.

    Raises:
        UserError: If nothing is left.
    """
    events, rows = Events(), 0
    for batch in batches:
        rows += len(batch.lines)
        wanted = batch.take(keep(batch) & chosen(batch.columns["user"].to_numpy(zero_copy_only=False), share))
        faults: dict[int, str] = {}
        late = mask(pc.greater_equal(wanted.columns["time"], LATEST_SECOND))
        note(faults, late, partial(_too_late, wanted))
        wanted = wanted.without(faults, bad)
        user, item, time = (wanted.columns[name] for name in ("user", "item", "time"))
        events.add(path, wanted.lines, user, item, time.to_numpy(zero_copy_only=False))
    if not (kept := len(events)):
        raise UserError(f"{path} holds {rows:,} rows, and none of them is wanted.")
    return events.log(), {"rows": rows, "kept": kept}


def _too_late(batch: Batch, row: int) -> str:
    return f"time {batch.columns['time'][row]} is no time in seconds before the year 2100"


def read_numbered_side(
    path: Path,
    layout: Layout,
    key: str,
    role: str,
    bad: BadRows,
    widths: Mapping[str, int] = NOTHING,
    changed: Mapping[str, Callable[[str], str]] = NOTHING,
) -> Side:
    """Read a file about users or items whose ids are numbers; see :func:`.side.read_side`.

    Args:
        path: The file.
        layout: Its columns; those of kind skip are not read.
        key: Column of the ids, of kind number.
        role: What the ids are, e.g. ``user id``, for messages.
        bad: What to do with bad rows; a second, different row of an id is one.
        widths: Columns of numbers to put into ranges.
        changed: Columns whose values are to be called otherwise, and how each is.

    Raises:
        UserError: If a row is bad and may not be, or there is none.
    """
    names = [name for name, kind in layout.columns.items() if kind != "skip" and name != key]

    def called(name: str, column: Any) -> Any:
        text = column.cast(pa.string())
        if name not in changed:
            return text
        coded = text.dictionary_encode()
        values = [changed[name](value) for value in coded.dictionary.to_pylist()]
        return pa.array(values, pa.string()).take(coded.indices)

    batches = read_blocks(path, layout, bad)
    rows = (replace(batch, columns={n: called(n, c) for n, c in batch.columns.items()}) for batch in batches)
    return read_side(path, rows, key, names, role, bad, widths)


def among(column: Any, wanted: Iterable[str]) -> NDArray[np.bool_]:
    """Return bool ``[rows]``: which texts are wanted ones."""
    return mask(pc.is_in(column, value_set=pa.array(list(wanted), pa.string())))


def chosen(ids: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """Return bool ``[ids]``: which users belong to a share of them, the same ones in every file."""
    if share >= 1:
        return np.ones(len(ids), bool)
    # splitmix64's finaliser: neighbouring ids get unrelated numbers.
    mixed = ids.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed < np.uint64(int(share * 2**64))
