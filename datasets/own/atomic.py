"""Reads RecBole's atomic files into Interactions: tab separated, with a header of ``name:type``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...core.errors import UserError, unknown
from ...core.interactions import Interactions
from ..reading.bad_rows import BadRows
from ..reading.batch import SHOWN, Batch
from ..reading.delimited import Form, read_delimited, read_header
from ..sequences.ranges import bucket_widths
from ..sequences.side import NOTHING, Side, read_side
from .config import ORDER, FolderConfig
from .events import columns_of_log, read_events, with_missing
from .finish import finish, first_categories

TYPES = ("token", "token_seq", "float", "float_seq")
CATEGORY_NAMES = ("class", "genre", "genres", "category", "categories", "cate")
MOST_VALUES, MOST_VALUES_SHARE = 50, 0.2


@dataclass(frozen=True)
class AtomicFile:
    """A file and its header.

    Attributes:
        path: The file.
        types: Type of every column by its name, in the file's order.
    """

    path: Path
    types: Mapping[str, str]

    @classmethod
    def open(cls, path: Path, aliases: Mapping[str, str] = NOTHING) -> AtomicFile:
        """Read the header.

        Args:
            path: The file.
            aliases: What to call columns of other names.

        Raises:
            UserError: If the file cannot be read, or its header is malformed.
        """
        types: dict[str, str] = {}
        for entry in read_header(path, Form("\t", quoted=False)):
            name, colon, kind = entry.rpartition(":")
            name = aliases.get(name, name)
            if not colon or not name or ":" in name:
                raise UserError(
                    f"{path}, line 1: {entry[: 2 * SHOWN]!r} is not one name and its type; "
                    f"write the header as tab-separated name:type, types {', '.join(TYPES)}."
                )
            if kind not in TYPES:
                raise unknown(f"type in {path}, line 1, column {name}:", kind, TYPES)
            if name in types:
                raise UserError(f"{path}, line 1: column {name} occurs twice.")
            types[name] = kind
        return cls(path, types)

    def require(self, column: str, kinds: Sequence[str], role: str) -> None:
        """Check that a column is there and has one of the types ``kinds``.

        Raises:
            UserError: If not; ``role`` says what the column is for.
        """
        if column not in self.types:
            raise unknown(f"column of {self.path} for the {role}:", column, self.types)
        if self.types[column] not in kinds:
            raise UserError(
                f"{self.path}, line 1: {column} is the {role} and has type {self.types[column]}; "
                f"allowed: {', '.join(kinds)}."
            )

    def read(self, columns: Sequence[str], role: str, bad: BadRows, whole: str = "") -> Iterator[Batch]:
        """Yield columns as text; of a token_seq only the first entry counts, except in the column ``whole``."""
        form = Form("\t", tuple(self.types), quoted=False)
        several = [name for name in columns if self.types.get(name) == "token_seq" and name != whole]
        for batch in read_delimited(self.path, columns, form, role, bad):
            first = {n: pc.list_element(pc.utf8_split_whitespace(batch.columns[n], max_splits=1), 0) for n in several}
            yield replace(batch, columns={**batch.columns, **first})


def read_atomic(
    name: str,
    logs: Sequence[Path],
    sides: Mapping[str, Path],
    config: FolderConfig,
    aliases: Mapping[str, str] = NOTHING,
) -> Interactions:
    """Read the files of one data set.

    Times are compared as the file gives them: RecBole's float32 would give one user in six of ML-100K another last
    item.

    Args:
        name: The data set's name.
        logs: Files of the log, ``.inter``.
        sides: Files about ``users`` and ``items``, where there are any.
        config: Which columns to use.
        aliases: What to call columns of other names.

    Raises:
        UserError: If a file is malformed, or a configured column is missing.
    """
    bad = BadRows(config.skip_bad_rows)
    inter = AtomicFile.open(logs[0], aliases)
    about = {role: AtomicFile.open(path, aliases) for role, path in sides.items()}
    time = _time(inter, config)

    def read(path: Path, columns: Sequence[str], column: str, role: str, bad: BadRows) -> Iterator[Batch]:
        file = AtomicFile.open(path, aliases)
        _require(file, config, column)
        return file.read(columns, role, bad)

    found = read_events(logs, read, config, (time, time), {"users": [], "items": []}, {}, bad)
    known = {
        key: side
        for key, side in (
            ("users", _users(about.get("users"), logs[0], config, bad)),
            ("items", _items(about.get("items"), logs[0], config, bad)),
        )
        if side is not None
    }
    widths = bucket_widths(config.buckets)

    def narrow(side: Side, ids: Sequence[str]) -> Side:
        """Leave out what describes no group: a zip code identifies a user."""
        if config.attributes:
            return side
        few = min(MOST_VALUES, max(2, MOST_VALUES_SHARE * int((side.rows(ids) >= 0).sum())))
        columns = side.columns.items()
        return Side(side.ids, {c: text for c, text in columns if c in widths or 0 < _different(side, text, ids) <= few})

    def category(side: Side, ids: Sequence[str]) -> str:
        """Choose the first column with at least two values and at least two items a value."""
        if config.category:
            return config.category if config.category in side.columns else ""
        most = int((side.rows(ids) >= 0).sum()) / 2
        return next(
            (c for c, text in side.columns.items() if c != config.title and 2 <= _different(side, text, ids) <= most),
            "",
        )

    return finish(name, found, known, sides, category, config, bad, time, narrow)


def check_log(path: Path, config: FolderConfig) -> None:
    """Check that a file of the log has the columns that are read; looks at its header alone.

    Raises:
        UserError: If it lacks one, or its header is malformed.
    """
    file = AtomicFile.open(path)
    time = _time(file, config)
    _require(file, config, "" if time == ORDER else time)
    for column in columns_of_log(config, {"users": [], "items": []}):
        file.require(column, TYPES, "log")


def _time(file: AtomicFile, config: FolderConfig) -> str:
    return config.time or ("position" if "position" in file.types else "timestamp")


def _require(file: AtomicFile, config: FolderConfig, time: str) -> None:
    """Check the types of a log's columns; ``time`` is empty where the file's order counts."""
    for key, kind in ((config.user, "user id"), (config.item, "item id")):
        file.require(key, ("token",), kind)
    if time:
        file.require(time, ("float", "token"), "time (set it with time=COLUMN, or time=order)")
    if config.texts and config.rating:
        file.require(config.rating, ("float", "token"), "rating (set it with rating=COLUMN)")


def _users(file: AtomicFile | None, inter: Path, config: FolderConfig, bad: BadRows) -> Side | None:
    """Return the columns that may be attributes: those configured, or token columns and those put into ranges."""
    widths = bucket_widths(config.buckets)
    wanted = [] if config.attributes == ("none",) else [*config.attributes]
    if file is None:
        if missing := [*wanted, *widths]:
            raise UserError(f"attribute {missing[0]!r} is wanted, but {inter.parent} holds no .user file.")
        return None
    file.require(config.user, ("token",), "user id")
    for column in [*wanted, *widths]:
        file.require(column, ("token", "float") if column in widths else ("token",), "attribute")
    if unused := [c for c in widths if config.attributes and c not in wanted]:
        raise UserError(f"buckets={config.buckets}: {unused[0]} is not among attributes={'+'.join(config.attributes)}.")
    usual = [c for c, kind in file.types.items() if (kind == "token" or c in widths) and c != config.user]
    names = wanted or ([] if config.attributes else usual)
    return _side(file, config.user, names, "user id", config, bad, widths)


def _items(file: AtomicFile | None, inter: Path, config: FolderConfig, bad: BadRows) -> Side | None:
    """Return the columns that may be categories, those with a usual name (class, genre, ...) before others."""
    if file is None:
        wanted = {"category": config.category, "title": config.title if config.texts else ""}
        for what, column in wanted.items():
            if column not in ("", "none"):
                raise UserError(f"{what} {column!r} is wanted, but {inter.parent} holds no .item file.")
        return None
    file.require(config.item, ("token",), "item id")
    names: list[str] = []
    if config.category not in ("", "none"):
        file.require(config.category, ("token", "token_seq"), "category")
        names = [config.category]
    elif not config.category:
        names = [
            c
            for c, kind in file.types.items()
            if kind in ("token", "token_seq") and c not in (config.item, config.title)
        ]
        names.sort(key=lambda c: c.lower() not in CATEGORY_NAMES)
    if title := config.title if config.texts else "":
        file.require(title, ("token", "token_seq"), "title")
    side = _side(file, config.item, [*names, *([title] if title else [])], "item id", config, bad, {})
    for name in names:
        if file.types[name] == "token":
            side = first_categories(side, name, config.category_separator)
    return side


def _side(
    file: AtomicFile,
    key: str,
    names: Sequence[str],
    role: str,
    config: FolderConfig,
    bad: BadRows,
    widths: Mapping[str, int],
) -> Side:
    columns = list(dict.fromkeys([key, *names]))
    rows = (with_missing(batch, config.missing) for batch in file.read(columns, role, bad, config.title))
    return read_side(file.path, rows, key, names, role, bad, widths)


def _different(side: Side, text: Any, ids: Sequence[str]) -> int:
    """Return how many values a column has in the rows of ``ids``."""
    known = pc.is_in(side.ids, value_set=pa.array(ids, pa.string()))
    return len(set(text.filter(known).unique().to_pylist()) - {""})
