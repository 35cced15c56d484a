"""Which columns of a folder's atomic files mean what."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.config import later
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

    title: str = later("")
    """Column of .item with the items' titles; empty: none."""

    rating: str = later("")
    """Column of .inter with users' ratings, numbers; empty: none."""

    like_from: float = later(4.0)
    """Lowest rating that says that a user liked an item."""

    licence: str = ""
    """What the data may be used for, for the tables' captions."""

    source: str = ""
    """Where the data come from, for the tables' captions."""
