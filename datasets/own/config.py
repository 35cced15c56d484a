"""Which columns of whose files mean what."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timezone
from typing import Any, ClassVar

from typing_extensions import Self

from ..files.base import DatasetConfig
from ..reading.conditions import parse_where
from ..sequences.event_rules import EventRules

ORDER = "order"
"""Stands for the column of times where the file's order is that of the events."""


@dataclass(frozen=True)
class FolderConfig(EventRules, DatasetConfig):
    """Options of a data set in a folder; rbench.toml beside the files can set each of them."""

    log: tuple[str, ...] = ()
    """Files of the log, names or patterns such as part-*.parquet; empty: the only file there is."""

    split: tuple[str, ...] = ()
    """Files of the log that is split already, in the order train, valid, test; the last two hold one row a user."""

    user: str = "user_id"
    """Column of the users' ids."""

    item: str = "item_id"
    """Column of the items' ids."""

    time: str = ""
    """Column that orders each user's items; order: that of the file; empty: position, or else timestamp."""

    time_format: str = ""
    """How times are written, e.g. %d.%m.%Y %H:%M; empty: as numbers or in ISO 8601."""

    where: str = ""
    """Rows of the log that count, e.g. event:view+click or rating>=4, several joined by &; empty: all."""

    missing: tuple[str, ...] = ()
    """Words that stand for a missing value, e.g. NA; an empty field always does."""

    category: str = ""
    """Column of items' categories; empty: chosen by name and number of values; none: no categories."""

    category_separator: str = ""
    """Between several categories in one field, of which the first counts; empty: a field is one category."""

    attributes: tuple[str, ...] = ()
    """Columns of users' attributes; empty: every token column with few values; none: no attributes."""

    title: str = ""
    """Column of items' titles; empty: none."""

    rating: str = ""
    """Column of the log with users' ratings, numbers; empty: none."""

    like_from: float = 4.0
    """Lowest rating that says that a user liked an item."""

    licence: str = ""
    """What the data may be used for, for the tables' captions."""

    source: str = ""
    """Where the data come from, for the tables' captions."""

    published: ClassVar[bool] = False
    """Whether the words in the data are known: nobody has to be warned of an occupation that is called none."""

    @classmethod
    def sharing(cls, config: DatasetConfig, **more: Any) -> Self:
        """Return the options of a published data set that are these too, and ``more``."""
        names = {field.name for field in fields(cls)} & {field.name for field in fields(config)}
        shared = cls(**{name: getattr(config, name) for name in names} | more)
        object.__setattr__(shared, "published", True)
        return shared

    def __post_init__(self) -> None:
        """Refuse rules that are malformed.

        Raises:
            ValueError: If one is.
        """
        super().__post_init__()
        parse_where(self.where)
        if self.time_format:
            _check_format(self.time_format)
        if self.split and self.log:
            raise ValueError("log and split both name the files of the log; give one of them.")
        if self.split and len(self.split) != 3:
            raise ValueError(f"split={'+'.join(self.split)} must name three files: train, valid and test.")


@dataclass(frozen=True)
class LogConfig(FolderConfig):
    """Options of tables: CSV, TSV, text, JSON lines or parquet; rbench.toml beside the files sets them."""

    time: str = "timestamp"
    """Column that orders each user's items: numbers, or ISO 8601; order: that of the file."""

    items: str = ""
    """File with a row for each item; empty: none, the category is then a column of the log."""

    item_key: str = ""
    """Column of the items' ids in that file; empty: as in the log."""

    category: str = ""
    """Column with the items' category; empty or none: no categories."""

    users: str = ""
    """File with a row for each user; empty: none, the attributes are then columns of the log."""

    user_key: str = ""
    """Column of the users' ids in that file; empty: as in the log."""

    attributes: tuple[str, ...] = ()
    """Columns with users' attributes; empty or none: no attributes."""

    separator: str = ""
    """Between the fields of a text file, tab for a tab; empty: a tab in .tsv, a comma elsewhere."""

    columns: tuple[str, ...] = ()
    """Names of the log's columns, if line 1 of the file does not hold them; empty: it does."""

    quoted: bool = True
    """Whether fields may stand in quotation marks; false: these are part of the text."""

    explode: bool = False
    """Whether a row with a list of items becomes one row for each, in the list's order and all of one time."""

    def __post_init__(self) -> None:
        """Refuse a separator that cannot be one.

        Raises:
            ValueError: If it is not one character.
        """
        super().__post_init__()
        if self.separator and self.separator != "tab" and (len(self.separator) != 1 or self.separator in '"\r\n'):
            raise ValueError(f"separator={self.separator!r} must be one character, or tab.")
        if not self.separator.isascii():
            raise ValueError(f"separator={self.separator!r} must be an ASCII character.")


def _check_format(form: str) -> None:
    try:
        again = datetime.strptime(datetime(2001, 2, 3, 4, 5, 6, tzinfo=timezone.utc).strftime(form), form)
    except ValueError as error:
        raise ValueError(f"time_format={form} is no format of times ({error}).") from None
    if again.year != 2001:
        raise ValueError(f"time_format={form} has no year; write e.g. %d.%m.%Y %H:%M.")
