"""Reads the events of a log under the options of one's own data: which rows count, in which order, what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...core.errors import UserError
from ..reading.bad_rows import BadRows
from ..reading.batch import SHOWN, Batch, mask
from ..reading.conditions import fulfilled, parse_where
from ..reading.numbers import NUMBER
from ..reading.times import Times, check_apart
from ..sequences.events import Events
from ..sequences.log import Log
from ..sequences.side import Side, in_ranges
from ..sequences.vocabulary import Vocabulary
from .config import ORDER, FolderConfig

Read = Callable[[Path, Sequence[str], str, str, BadRows], Iterator[Batch]]
"""Reads columns of a file: path, names, the one with times, what the file is, bad rows."""


@dataclass(frozen=True)
class Found:
    """What the log gave.

    Attributes:
        log: The events that count.
        sides: What their rows say of users and items, by ``users`` and ``items``.
        counts: How many rows count, in words.
        one_time: The only time that all events have, or "".
    """

    log: Log
    sides: Mapping[str, Side]
    counts: str
    one_time: str = ""


def read_events(
    paths: Sequence[Path],
    read: Read,
    config: FolderConfig,
    time: tuple[str, str],
    extra: Mapping[str, Sequence[str]],
    widths: Mapping[str, int],
    bad: BadRows,
) -> Found:
    """Read a log.

    Args:
        paths: Its files, in their order; of a split log those for training, validation and testing.
        read: How one is read.
        config: Which rows count.
        time: The column of times, or :data:`.config.ORDER`; and what messages call it.
        extra: Columns of the log with attributes of ``users`` and categories of ``items``.
        widths: Attributes to put into ranges.
        bad: What to do with bad rows.

    Raises:
        UserError: If a column is missing, a row is bad and may not be, or no row counts.
    """
    column, label = ("", "") if time[0] == ORDER else time
    conditions = parse_where(config.where)
    names = [config.user, config.item, *([column] if column else []), *(c.column for c in conditions)]
    first = len(names)
    rating = [config.rating] if config.texts and config.rating else []
    names += [*extra["users"], *extra["items"], *rating]
    events, times = Events(), Times(label, config.time_format)
    said = {key: _Said(columns) for key, columns in extra.items()}
    rows, parts = 0, list[NDArray[Any]]()
    for part, path in enumerate(paths):
        for batch in read(path, names, column, "log", bad):
            rows += len(batch.lines)
            batch = with_missing(batch, config.missing)
            kept = fulfilled(batch, conditions, batch.columns[first - len(conditions) : first], bad)
            batch = _checked(batch.take(kept), names[first:], first, widths, bad)
            if column:
                moments, fine = times.read(batch, batch.columns[2], bad)
                moments, batch = moments[fine], batch.take(fine)
            else:
                moments = len(events) + np.arange(len(batch.lines))
            liked = None
            if rating:
                liked, fine = _liked(batch, config, bad)
                liked, moments, batch = liked[fine], moments[fine], batch.take(fine)
            users, items = events.add(batch.path, batch.lines, batch.columns[0], batch.columns[1], moments, liked)
            middle = first + len(extra["users"])
            said["users"].note(users, batch.columns[first:middle])
            said["items"].note(items, batch.columns[middle : middle + len(extra["items"])])
            if config.split:
                parts.append(np.full(len(batch.lines), part, np.int8))
    for condition in conditions:
        condition.check(paths[0], config.where)
    if not len(events):
        raise UserError(f"{paths[0]} holds {f'{rows:,} rows, and none of them counts' if rows else 'no rows'}.")
    log = events.log()
    kept = _plausible(log, events, label, times.kind == "iso", bad) if column else np.ones(len(log.users), bool)
    log = log.take(kept)
    only = f"{log.order[0]}" if column and len(log.order) > 1 and log.order.min() == log.order.max() else ""
    if config.split:
        log = _in_parts(log, np.concatenate(parts)[kept], paths)
    ids = {"users": log.user_ids, "items": log.item_ids}
    sides = {key: said[key].side(ids[key]) for key, columns in extra.items() if columns}
    return Found(log, sides, f"{len(log.users):,} of {rows:,} rows", only)


def with_missing(batch: Batch, words: Sequence[str]) -> Batch:
    """Return a batch with empty texts in the place of ``words``."""
    if not words:
        return batch
    given = pa.array(words, pa.string())
    columns = [
        pc.if_else(pc.is_in(column, value_set=given), "", column) if column.type == pa.string() else column
        for column in batch.columns
    ]
    return Batch(batch.path, batch.lines, columns)


class _Said:
    """What rows of the log say about users or items: the first one that says something counts."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._values = [Vocabulary() for _ in names]
        self._first: list[NDArray[np.int32]] = [np.empty(0, np.int32) for _ in names]

    def note(self, ids: NDArray[np.int32], columns: Sequence[Any]) -> None:
        """Take note of some rows, whose users or items have the codes ``ids``."""
        for k, column in enumerate(columns):
            text = pc.fill_null(column, "")
            rows = np.flatnonzero(mask(pc.not_equal(text, "")))
            more = int(ids.max(initial=-1)) + 1 - len(self._first[k])
            self._first[k] = np.concatenate([self._first[k], np.full(max(0, more), -1, np.int32)])
            rows = rows[self._first[k][ids[rows]] < 0]
            new, places = np.unique(ids[rows], return_index=True)
            self._first[k][new] = self._values[k].codes(text.take(pa.array(rows[places])))

    def side(self, ids: Sequence[str] | NDArray[np.int64]) -> Side:
        """Return what was said of ``ids``, which stand in the order of their codes."""
        columns = {}
        for name, values, first in zip(self.names, self._values, self._first, strict=True):
            texts = pa.array([*map(str, values.ids()), ""], pa.string())
            codes = np.concatenate([first, np.full(len(ids) - len(first), -1, np.int32)])
            columns[name] = texts.take(pa.array(np.where(codes < 0, len(texts) - 1, codes)))
        return Side(pa.array([*map(str, ids)], pa.string()), columns)


def _checked(batch: Batch, names: Sequence[str], first: int, widths: Mapping[str, int], bad: BadRows) -> Batch:
    """Return the rows that have both ids, with numbers in ranges where ``widths`` asks for them."""
    faults: dict[int, str] = {}
    columns = [*batch.columns]
    for k, role in enumerate(("user", "item")):
        columns[k] = pc.fill_null(columns[k], "")
        for row in np.flatnonzero(mask(pc.equal(columns[k], ""))).tolist():
            faults.setdefault(row, f"the {role} id is missing")
    for k, name in enumerate(names, first):
        if name in widths:
            columns[k] = in_ranges(pc.fill_null(columns[k], ""), name, widths[name], faults)
    return Batch(batch.path, batch.lines, columns).without(faults, bad)


def _plausible(log: Log, events: Events, label: str, dates: bool, bad: BadRows) -> NDArray[np.bool_]:
    """Return which events have a time that can be, beside the others."""
    kept = np.ones(len(log.users), bool)
    for row, problem in check_apart(log.order, label, dates).items():
        bad.add(*events.line(row), problem)
        kept[row] = False
    return kept


def _liked(batch: Batch, config: FolderConfig, bad: BadRows) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows' ratings, the last column, say that the user liked the item, and which rows are fine."""
    coded = pc.fill_null(batch.columns[-1], "").dictionary_encode()
    values, codes = coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False)
    number = np.array([bool(NUMBER.fullmatch(value)) for value in values], bool)
    for row in np.flatnonzero(~number[codes]).tolist():
        told = f"{config.rating} {values[codes[row]][:SHOWN]!r} is not a number"
        bad.add(batch.path, int(batch.lines[row]), told if values[codes[row]] else f"{config.rating} is missing")
    high = [bool(n) and float(value) >= config.like_from for value, n in zip(values, number, strict=True)]
    return np.array(high, bool)[codes], number[codes]


def _in_parts(log: Log, parts: NDArray[np.int8], paths: Sequence[Path]) -> Log:
    """Return the events of users who have one for validation and one for testing, in the order of the parts.

    Raises:
        UserError: If a user has several for validation or for testing.
    """
    fine = np.ones(len(log.user_ids), bool)
    for part in (1, 2):
        counts = np.bincount(log.users[parts == part], minlength=len(log.user_ids))
        if (counts > 1).any():
            raise UserError(
                f"{paths[part]} holds {counts.max()} rows of user {log.user_ids[int(counts.argmax())]}, and rbench "
                "holds out one item of each user for validation and one for testing; to let times say which, give "
                "the files as log = [...]."
            )
        fine &= counts == 1
    kept = fine[log.users]
    log, parts = log.take(kept), parts[kept]
    if not len(log.users):
        raise UserError(f"no user has a row in each of {', '.join(path.name for path in paths)}.")
    rank = np.empty(len(parts), np.int64)
    rank[np.lexsort((log.order, parts))] = np.arange(len(rank))
    return replace(log, order=rank)
