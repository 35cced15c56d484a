"""Reads a large log of events block by block into compact arrays, and keeps only what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError
from .bad_rows import BadRows
from .blocks import Block
from .sequences import Log
from .vocabulary import NumberVocabulary

LATEST_SECOND = 4_102_444_800  # the year 2100


def gather(
    path: Path, blocks: Iterable[Block], keep: Callable[[Block], NDArray[np.bool_]], share: float, bad: BadRows
) -> tuple[Log, dict[str, int]]:
    """Collect the events of a log: 12 bytes for each one kept.

    Args:
        path: The file, for messages.
        blocks: Blocks with the columns user, item and time, all whole numbers.
        keep: Which rows of a block are wanted.
        share: Part of the users to read, chosen by a hash of their ids.
        bad: What to do with times that cannot be.

    Returns:
        The log, and how many rows there were and how many are kept.

    Raises:
        UserError: If nothing is left.
    """
    users, items = NumberVocabulary(), NumberVocabulary()
    parts: tuple[list[NDArray[Any]], ...] = ([], [], [])
    rows = 0
    for block in blocks:
        rows += len(block.lines)
        wanted = keep(block) & chosen(block.columns["user"], share)
        time = block.columns["time"][wanted]
        absurd = time >= LATEST_SECOND
        if absurd.any():
            for line, value in zip(block.lines[wanted][absurd], time[absurd], strict=True):
                bad.add(path, int(line), f"time {value} is no time in seconds before the year 2100")
            wanted[np.flatnonzero(wanted)[absurd]] = False
            time = time[~absurd]
        parts[0].append(users.codes(block.columns["user"][wanted]))
        parts[1].append(items.codes(block.columns["item"][wanted]))
        parts[2].append(time.astype(np.uint32))
    columns = []
    for part in parts:
        columns.append(np.concatenate(part) if part else np.empty(0, np.int32))
        part.clear()  # not two copies of all columns at once
    if not len(columns[0]):
        raise UserError(f"{path} holds {rows:,} rows, and none of them is wanted.")
    counts = {"rows": rows, "kept": len(columns[0])}
    return Log(columns[0], columns[1], columns[2], users.ids(), items.ids()), counts


def among(column: NDArray[Any], wanted: Iterable[str]) -> NDArray[np.bool_]:
    """Return bool ``[rows]``: which texts are wanted ones."""
    import pandas as pd

    return np.asarray(pd.Series(column).isin(list(wanted)))


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
