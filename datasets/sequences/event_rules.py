"""What becomes of a log's events that repeat others, or that the files about users and items do not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...core.config import Options
from .repeats import Duplicates

Unknown = Literal["keep", "drop"]


@dataclass(frozen=True)
class EventRules(Options):
    """Options of whatever is read from a log of events; by default all stay."""

    duplicates: Duplicates = "all"
    """Repeated events: keep all; one of the same user, item and time (exact); of a run (consecutive); first; last."""

    unknown_users: Unknown = "keep"
    """Users of the log without a row in the users' file: keep, with unknown attributes, or drop."""

    unknown_items: Unknown = "keep"
    """Items of the log without a row in the items' file: keep, with an unknown category, or drop."""

    skip_bad_rows: bool = False
    """Leave out rows with wrong fields, counting them, instead of stopping at the first."""


ALL = EventRules()
