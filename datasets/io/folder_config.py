"""Which columns of a folder's atomic files mean what."""

from __future__ import annotations

from dataclasses import dataclass

from .base import DatasetConfig


@dataclass(frozen=True)
class FolderConfig(DatasetConfig):
    """Options of a data set in a folder; rbench.toml beside the files can set each of them."""

    user: str = "user_id"
    """Column of the users' ids, in .inter and .user."""

    item: str = "item_id"
    """Column of the items' ids, in .inter and .item."""

    time: str = ""
    """Column of .inter that orders each user's items; empty: position where there is one, or else timestamp."""

    category: str = ""
    """Column of .item with the items' category; empty: chosen by name and number of values; none: no categories."""

    attributes: tuple[str, ...] = ()
    """Columns of .user to use as attributes; empty: every token column with few values; none: no attributes."""

    licence: str = ""
    """What the data may be used for, for the tables' captions."""

    source: str = ""
    """Where the data come from, for the tables' captions."""
