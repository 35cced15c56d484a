"""Reads a shop's log of CSV or parquet files into Interactions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError
from ...core.interactions import Interactions
from .assemble import assemble
from .bad_rows import BadRows
from .buckets import bucketed
from .delimited import Batch, read_csv
from .log_config import LogConfig
from .parquet import read_parquet
from .sequences import Log
from .side import Side, once
from .times import check_apart, kind_of, read_times
from .vocabulary import TextVocabulary


def read_log(name: str, files: Mapping[str, Path], config: LogConfig) -> Interactions:
    """Read the files; ids are text without spaces at their ends, spaces inside stay.

    Args:
        name: The data set's name.
        files: ``log``, and ``users`` and ``items`` where there are any.
        config: Which columns mean what.

    Raises:
        UserError: If a column is missing, or a row is bad and may not be.
    """
    bad = BadRows(config.skip_bad_rows)
    attributes = [a for a in config.attributes if a != "none"]
    category = [] if config.category in ("", "none") else [config.category]
    title = [config.title] if config.texts and config.title else []
    described = list(dict.fromkeys(category + title))
    extra = {
        "users": [] if "users" in files else attributes,
        "items": [] if "items" in files else described,
    }
    log, told, counts = _events(files["log"], config, extra, bad)
    if "users" in files:
        told["users"] = _side(files["users"], config.user_key or config.user, attributes, "user id", config, bad)
    if "items" in files:
        told["items"] = _side(files["items"], config.item_key or config.item, described, "item id", config, bad)
    users, items = told.get("users"), told.get("items")
    if config.buckets and users is None:
        raise UserError(f"data set {name}: buckets={config.buckets} needs attributes, and there are none.")
    return assemble(
        name,
        log,
        users=users,
        items=items,
        attributes=bucketed(users.columns, config.buckets) if users is not None else {},
        category=items.columns[category[0]] if items is not None and category else None,
        title=items.columns[title[0]] if items is not None and title else None,
        minimums=(config.min_user_interactions, config.min_item_interactions),
        rules=config,
        info={
            "licence": config.licence,
            "source": config.source,
            "ordered_by": f"{config.time}, ties in the file's order",
            "category": category[0] if category else "none",
            "events": counts,
            **bad.facts(),
        },
    )


def _events(
    path: Path, config: LogConfig, extra: Mapping[str, Sequence[str]], bad: BadRows
) -> tuple[Log, dict[str, Side], str]:
    """Return the events, and what their rows say about users and items: the first one that says it counts."""
    column, wanted = _where(config.where)
    rating = [config.rating] if config.texts and config.rating else []
    names = [config.user, config.item, config.time, *([column] if column else []), *rating]
    names += [*extra["users"], *extra["items"]]
    users, items = TextVocabulary(), TextVocabulary()
    user_parts, item_parts, time_parts, line_parts = [], [], [], []
    liked_parts: list[NDArray[np.bool_]] = []
    said: dict[str, dict[str, list[str]]] = {"users": {}, "items": {}}
    kind, rows = None, 0
    for lines, texts in _read(path, names, config, "log", bad):
        rows += len(lines)
        keep = [value in wanted for value in texts[3]] if column else [True] * len(lines)
        for role, ids in (("user", texts[0]), ("item", texts[1])):
            for row, text in enumerate(ids):
                if not text and keep[row]:
                    bad.add(path, lines[row], f"the {role} id is missing")
                    keep[row] = False
        lines = [line for line, k in zip(lines, keep, strict=True) if k]
        texts = [[text for text, k in zip(column, keep, strict=True) if k] for column in texts]
        if not lines:
            continue
        kind = kind or kind_of(texts[2][0])
        times, fine = read_times(path, lines, texts[2], kind, bad)
        if rating:
            liked = _liked(path, lines, texts[4 if column else 3], config, bad, fine)
            liked_parts.append(liked[fine])
        kept = np.flatnonzero(fine).tolist()
        user_parts.append(users.codes(texts[0][row] for row in kept))
        item_parts.append(items.codes(texts[1][row] for row in kept))
        time_parts.append(times[fine])
        line_parts.append(np.array(lines, np.int64)[fine])
        place = len(names) - len(extra["users"]) - len(extra["items"])
        for key, ids in (("users", texts[0]), ("items", texts[1])):
            own = texts[place : place + len(extra[key])]
            place += len(extra[key])
            if own:
                _note(said[key], ids, own, kept)
    if not sum(map(len, user_parts)):
        raise UserError(f"{path} holds {rows:,} rows, and none of them counts.")
    order, lines_all = np.concatenate(time_parts), np.concatenate(line_parts)
    fine = check_apart(path, lines_all, order, bad)
    log = Log(
        np.concatenate(user_parts)[fine],
        np.concatenate(item_parts)[fine],
        order[fine],
        users.ids(),
        items.ids(),
        np.concatenate(liked_parts)[fine] if rating else None,
    )
    sides = {key: _said(said[key], extra[key]) for key in said if extra[key]}
    return log, sides, f"{len(log.users):,} of {rows:,} rows"


def _liked(
    path: Path, lines: Sequence[int], texts: Sequence[str], config: LogConfig, bad: BadRows, fine: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return bool ``[rows]``: which ratings say that a user liked an item; rows without a number leave ``fine``."""
    found = np.zeros(len(texts), np.bool_)
    for row in np.flatnonzero(fine).tolist():
        try:
            number = float(texts[row])
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            bad.add(path, lines[row], f"{config.rating} {texts[row]!r} is not a number")
            fine[row] = False
        found[row] = number >= config.like_from
    return found


def _note(said: dict[str, list[str]], ids: Sequence[str], own: Sequence[Sequence[str]], rows: Sequence[int]) -> None:
    for row in rows:
        known = said.setdefault(ids[row], [""] * len(own))
        for k, column in enumerate(own):
            known[k] = known[k] or column[row]


def _said(said: Mapping[str, list[str]], names: Sequence[str]) -> Side:
    ids = np.array(list(said), object)
    return Side(ids, {name: np.array([own[k] for own in said.values()], object) for k, name in enumerate(names)})


def _side(path: Path, key: str, names: Sequence[str], role: str, config: LogConfig, bad: BadRows) -> Side:
    lines: list[int] = []
    columns: list[list[str]] = [[] for _ in range(1 + len(names))]
    for some, texts in _read(path, [key, *names], config, f"{role.partition(' ')[0]}s", bad):
        lines += some
        for column, text in zip(columns, texts, strict=True):
            column += text
    given = np.array([bool(text) for text in columns[0]], bool)
    for row in np.flatnonzero(~given):
        bad.add(path, lines[row], f"the {role} is missing")
    if not given.any():
        raise UserError(f"{path} holds no rows.")
    ids, *rest = (np.array(column, object)[given] for column in columns)
    return once(path, ids, dict(zip(names, rest, strict=True)), np.array(lines, np.int64)[given], role, bad)


def _read(path: Path, names: Sequence[str], config: LogConfig, role: str, bad: BadRows) -> Iterator[Batch]:
    if path.suffix == ".parquet":
        return read_parquet(path, names, role, bad)
    return read_csv(path, names, config.separator, role, bad)


def _where(rule: str) -> tuple[str, set[str]]:
    column, colon, values = rule.partition(":")
    if rule and not (column and colon and values):
        raise UserError(f"where={rule} is not column:value or column:value+value, e.g. event:view+click.")
    return column, set(values.split("+"))
