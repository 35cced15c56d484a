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
from ..reading.batch import SHOWN, Batch, mask, note
from ..reading.conditions import fulfilled, parse_where
from ..reading.native import as_text
from ..reading.numbers import NUMBER
from ..reading.times import Times, check_apart
from ..sequences.events import Events
from ..sequences.log import Log
from ..sequences.side import Side, in_ranges
from ..sequences.vocabulary import Vocabulary
from .config import ORDER, FolderConfig

TIME = ""
"""Name of the times as the file has them, beside the columns; no column has it."""
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


def columns_of_log(config: FolderConfig, extra: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the columns of a log that are read beside its times, each once.

    Args:
        config: Which rows count, and what columns are called.
        extra: Columns of the log with attributes of ``users`` and categories of ``items``.
    """
    conditions = [condition.column for condition in parse_where(config.where)]
    rating = config.rating if config.texts else ""
    names = [config.user, config.item, *conditions, *extra["users"], *extra["items"], rating]
    return [name for name in dict.fromkeys(names) if name]


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
    rating = config.rating if config.texts else ""
    names = columns_of_log(config, extra)
    wanted = [*dict.fromkeys([*names, column] if column else names)]
    events, times = Events(), Times(label, config.time_format)
    said = {key: _Said(columns, widths) for key, columns in extra.items()}
    rows, parts = 0, list[NDArray[Any]]()
    for part, path in enumerate(paths):
        for batch in read(path, wanted, column, "log", bad):
            rows += len(batch.lines)
            faults: dict[int, str] = {}
            if column:
                again = {column: as_text(batch.columns[column], faults)} if column in names else {}
                batch = replace(batch, columns={**batch.columns, TIME: batch.columns[column], **again})
            batch = with_missing(batch, config.missing)
            kept = fulfilled(batch, conditions, faults)
            batch, faults = batch.take(kept & batch.tell(faults, bad)), {}
            for role, name in (("user", config.user), ("item", config.item)):
                there = mask(pc.not_equal(batch.columns[name], ""))
                note(faults, ~there, f"the {role} id is missing")
            for side in said.values():
                side.check(batch, faults)
            moments = times.read(path, batch.columns[TIME], faults) if column else None
            liked = _liked(batch.columns[rating], config, faults) if rating else None
            left = batch.tell(faults, bad)
            batch = batch.take(left)
            order = len(events) + np.arange(len(batch.lines)) if moments is None else moments[left]
            ids = batch.columns[config.user], batch.columns[config.item]
            users, items = events.add(path, batch.lines, *ids, order, None if liked is None else liked[left])
            said["users"].note(users, batch)
            said["items"].note(items, batch)
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
    known = {"users": log.user_ids, "items": log.item_ids}
    sides = {key: said[key].side(known[key]) for key, columns in extra.items() if columns}
    return Found(log, sides, f"{len(log.users):,} of {rows:,} rows", only)


def with_missing(batch: Batch, words: Sequence[str]) -> Batch:
    """Return a batch with empty texts in the place of ``words``."""
    if not words:
        return batch
    given = pa.array(words, pa.string())
    columns = {
        name: pc.if_else(pc.is_in(column, value_set=given), "", column) if column.type == pa.string() else column
        for name, column in batch.columns.items()
    }
    return replace(batch, columns=columns)


class _Said:
    """What rows of the log say about users or items: the first one that says something counts."""

    def __init__(self, names: Sequence[str], widths: Mapping[str, int]) -> None:
        self.names, self.widths = names, widths
        self._values = [Vocabulary() for _ in names]
        self._first: list[NDArray[np.int32]] = [np.empty(0, np.int32) for _ in names]

    def check(self, batch: Batch, faults: dict[int, str]) -> None:
        """Add the rows to ``faults`` that have no number where a range needs one."""
        for name in self.names:
            self._text(batch, name, faults)

    def note(self, ids: NDArray[np.int32], batch: Batch) -> None:
        """Take note of some rows, whose users or items have the codes ``ids``."""
        for k, name in enumerate(self.names):
            text = self._text(batch, name, {})
            rows = np.flatnonzero(mask(pc.not_equal(text, "")))
            more = int(ids.max(initial=-1)) + 1 - len(self._first[k])
            self._first[k] = np.concatenate([self._first[k], np.full(max(0, more), -1, np.int32)])
            rows = rows[self._first[k][ids[rows]] < 0]
            new, places = np.unique(ids[rows], return_index=True)
            self._first[k][new] = self._values[k].codes(text.take(pa.array(rows[places])))

    def _text(self, batch: Batch, name: str, faults: dict[int, str]) -> Any:
        text = pc.fill_null(batch.columns[name], "")
        return in_ranges(text, name, self.widths[name], faults) if name in self.widths else text

    def side(self, ids: Sequence[str] | NDArray[np.int64]) -> Side:
        """Return what was said of ``ids``, which stand in the order of their codes."""
        columns = {}
        for name, values, first in zip(self.names, self._values, self._first, strict=True):
            texts = pa.array([*map(str, values.ids()), ""], pa.string())
            codes = np.concatenate([first, np.full(len(ids) - len(first), -1, np.int32)])
            columns[name] = texts.take(pa.array(np.where(codes < 0, len(texts) - 1, codes)))
        return Side(pa.array([*map(str, ids)], pa.string()), columns)


def _plausible(log: Log, events: Events, label: str, dates: bool, bad: BadRows) -> NDArray[np.bool_]:
    """Return which events have a time that can be, beside the others."""
    kept = np.ones(len(log.users), bool)
    for row, problem in check_apart(log.order, label, dates).items():
        bad.add(*events.line(row), problem)
        kept[row] = False
    return kept


def _liked(ratings: Any, config: FolderConfig, faults: dict[int, str]) -> NDArray[np.bool_]:
    """Return which rows' ratings say that the user liked the item; those without a number go to ``faults``."""
    coded = pc.fill_null(ratings, "").dictionary_encode()
    values, codes = coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False)
    number = np.array([bool(NUMBER.fullmatch(value)) for value in values], bool)

    def problem(row: int) -> str:
        value = values[codes[row]]
        return f"{config.rating} {value[:SHOWN]!r} is not a number" if value else f"{config.rating} is missing"

    note(faults, ~number[codes], problem)
    high = [bool(n) and float(value) >= config.like_from for value, n in zip(values, number, strict=True)]
    return np.asarray(np.array(high, bool)[codes], bool)


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
