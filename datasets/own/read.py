"""Reads tables into Interactions: columns by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ...core.errors import UserError, unknown
from ...core.interactions import Interactions
from ..reading.bad_rows import BadRows
from ..reading.batch import Batch
from ..reading.formats import Written, read_table
from ..reading.pieces import SIZE
from ..sequences.ranges import bucket_widths
from ..sequences.side import read_side
from .config import ORDER, LogConfig
from .events import columns_of_log, read_events, with_missing
from .finish import finish, first_categories

BEGINNING = 1 << 16
"""Bytes that show which columns a file has."""


def read_tables(name: str, logs: Sequence[Path], files: Mapping[str, Path], config: LogConfig) -> Interactions:
    """Read the files; ids are text without spaces at their ends, spaces inside stay.

    Args:
        name: The data set's name.
        logs: Files of the log.
        files: ``users`` and ``items`` where there are any.
        config: Which columns mean what.

    Raises:
        UserError: If a column is missing, or a row is bad and may not be.
    """
    bad = BadRows(config.skip_bad_rows)
    category = "" if config.category == "none" else config.category
    widths = bucket_widths(config.buckets)
    wanted, extra = _described(name, files, config)
    attributes = wanted["users"]
    written = Written(config.separator, config.columns, config.quoted, config.explode)

    def read(path: Path, columns: Sequence[str], time: str, role: str, bad: BadRows) -> Iterator[Batch]:
        return read_table(path, columns, written, role, bad, time)

    found = read_events(logs, read, config, (config.time, "time"), extra, widths, bad)
    sides = dict(found.sides)
    for key in ("users", "items"):
        if key in files:
            rows = _side_rows(files[key], key, wanted[key], config, bad)
            cleaned = (with_missing(batch, config.missing) for batch in rows)
            sides[key] = read_side(files[key], cleaned, _key(key, config), wanted[key], f"{key[:-1]} id", bad, widths)
    for attribute in widths:
        if attribute not in attributes:
            raise unknown(f"attribute in buckets={config.buckets}:", attribute, attributes)
    if category:
        sides["items"] = first_categories(sides["items"], category, config.category_separator)
    return finish(name, found, sides, files, category, config, bad, config.time)


def check_tables(name: str, logs: Sequence[Path], files: Mapping[str, Path], config: LogConfig) -> None:
    """Check that the first file of the log, and those about users and items, have their columns; reads no more.

    Raises:
        UserError: If one lacks a column, or cannot be read.
    """
    bad = BadRows(skip=True)
    wanted, extra = _described(name, files, config)
    written = Written(config.separator, config.columns, config.quoted, config.explode)
    names = [*columns_of_log(config, extra), *([] if config.time == ORDER else [config.time])]
    next(read_table(logs[0], [*dict.fromkeys(names)], written, "log", bad, size=BEGINNING), None)
    for key in ("users", "items"):
        if key in files:
            next(_side_rows(files[key], key, wanted[key], config, bad, BEGINNING), None)


def _described(
    name: str, files: Mapping[str, Path], config: LogConfig
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the columns that describe ``users`` and ``items``, and which of them are the log's."""
    attributes = [a for a in config.attributes if a != "none"]
    if config.buckets and not attributes:
        raise UserError(f"data set {name}: buckets={config.buckets} needs attributes, and there are none.")
    category = "" if config.category == "none" else config.category
    items = dict.fromkeys([category, config.title if config.texts else ""])
    wanted = {"users": attributes, "items": [column for column in items if column]}
    return wanted, {key: [] if key in files else columns for key, columns in wanted.items()}


def _key(role: str, config: LogConfig) -> str:
    """Return the column of the ids in the file about ``users`` or ``items``."""
    return (config.user_key or config.user) if role == "users" else (config.item_key or config.item)


def _side_rows(
    path: Path, role: str, columns: Sequence[str], config: LogConfig, bad: BadRows, size: int = SIZE
) -> Iterator[Batch]:
    written = Written(config.separator, quoted=config.quoted)
    return read_table(path, list(dict.fromkeys([_key(role, config), *columns])), written, role, bad, size=size)
