"""Reads tables into Interactions: columns by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ...core.errors import UserError, unknown
from ...core.interactions import Interactions
from ..reading.bad_rows import BadRows
from ..reading.batch import Batch
from ..reading.formats import Written, read_table
from ..sequences.ranges import bucket_widths
from ..sequences.side import read_side
from .config import LogConfig
from .events import read_events, with_missing
from .finish import finish, first_categories


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
    attributes = [a for a in config.attributes if a != "none"]
    category = "" if config.category == "none" else config.category
    widths = bucket_widths(config.buckets)
    if widths and not attributes:
        raise UserError(f"data set {name}: buckets={config.buckets} needs attributes, and there are none.")
    described = dict.fromkeys([category, config.title if config.texts else ""])
    wanted = {"users": attributes, "items": [column for column in described if column]}
    extra = {key: [] if key in files else columns for key, columns in wanted.items()}
    written = Written(config.separator, config.columns, config.quoted, config.explode)

    def read(path: Path, columns: Sequence[str], time: str, role: str, bad: BadRows) -> Iterator[Batch]:
        return read_table(path, columns, written, role, bad, time)

    found = read_events(logs, read, config, (config.time, "time"), extra, widths, bad)
    sides = dict(found.sides)
    keys = {"users": config.user_key or config.user, "items": config.item_key or config.item}
    for key in ("users", "items"):
        if key in files:
            written = Written(config.separator, quoted=config.quoted)
            rows = read_table(files[key], list(dict.fromkeys([keys[key], *wanted[key]])), written, key, bad)
            cleaned = (with_missing(batch, config.missing) for batch in rows)
            sides[key] = read_side(files[key], cleaned, keys[key], wanted[key], f"{key[:-1]} id", bad, widths)
    for attribute in widths:
        if attribute not in attributes:
            raise unknown(f"attribute in buckets={config.buckets}:", attribute, attributes)
    if category:
        sides["items"] = first_categories(sides["items"], category, config.category_separator)
    return finish(name, found, sides, files, category, config, bad, config.time)
