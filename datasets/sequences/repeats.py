"""What to do with events that repeat each other: the same item, clicked by the same user again."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Duplicates = Literal["all", "exact", "consecutive", "first", "last"]
"""all: keep them; exact: one of the same user, item and time; consecutive: one of a run of the same item;
first, last: one of each user and item, the earliest or the latest."""


def unrepeated(
    users: NDArray[np.integer], items: NDArray[np.integer], order: NDArray[Any], rule: str
) -> NDArray[np.bool_]:
    """Return which events stay, ``[events]``; the events are sorted by user and time."""
    if rule == "consecutive":
        same = (users[1:] == users[:-1]) & (items[1:] == items[:-1])
        kept: NDArray[np.bool_] = np.concatenate([[True], ~same])[: len(users)]
        return kept
    keys = [items, users] if rule in ("first", "last") else [items, order, users]
    grouped = np.lexsort([np.arange(len(users)), *keys])
    first = np.ones(len(users), bool)
    if len(users):
        first[1:] = np.any([key[grouped][1:] != key[grouped][:-1] for key in keys], axis=0)
    chosen = first if rule != "last" else np.concatenate([first[1:], [True]])[: len(users)]
    stays = np.empty(len(users), bool)
    stays[grouped] = chosen
    return stays
