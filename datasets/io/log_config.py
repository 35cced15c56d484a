"""Which columns of whose files mean what: a log as a shop keeps it, in CSV or parquet files."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.config import later
from .base import DatasetConfig
from .event_rules import EventRules


@dataclass(frozen=True)
class LogConfig(EventRules, DatasetConfig):
    """Options of a folder of CSV or parquet files; rbench.toml beside the files sets them."""

    log: str = ""
    """File of the log, .csv, .csv.gz or .parquet; empty: the only such file in the folder."""

    user: str = "user_id"
    """Column of the users' ids in the log."""

    item: str = "item_id"
    """Column of the items' ids in the log."""

    time: str = "timestamp"
    """Column of the log that orders each user's items: numbers, or ISO 8601 such as 2024-05-01 12:30:00."""

    where: str = ""
    """Rows of the log that count, column:value or column:value+value, e.g. event:view+click; empty: all."""

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

    separator: str = ","
    """Between the fields of a CSV file; write tab for a tab."""

    title: str = later("")
    """Column with the items' titles; empty: none."""

    rating: str = later("")
    """Column of the log with users' ratings, numbers; empty: none."""

    like_from: float = later(4.0)
    """Lowest rating that says that a user liked an item."""

    licence: str = ""
    """What the data may be used for, for the tables' captions."""

    source: str = ""
    """Where the data come from, for the tables' captions."""

    def __post_init__(self) -> None:
        """Refuse a separator that cannot be one.

        Raises:
            ValueError: If it is not one character.
        """
        super().__post_init__()
        if len(self.separator) != 1 and self.separator != "tab":
            raise ValueError(f"separator={self.separator!r} must be one character, or tab.")
