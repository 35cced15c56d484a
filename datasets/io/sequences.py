"""From a log of events to sequences: filtered, in order, over one vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError

DIGITS = re.compile("([0-9]+)")


@dataclass(frozen=True, eq=False)
class Log:
    """Events in the order of the file.

    Attributes:
        users: int64 ``[events]``; positions in ``user_ids``.
        items: int64 ``[events]``; positions in ``item_ids``.
        order: int64 or float64 ``[events]``; a user's events are sorted by it, ties in the file's order.
        user_ids: Ids of the users, each once.
        item_ids: Ids of the items, each once.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    order: NDArray[Any]
    user_ids: Sequence[str]
    item_ids: Sequence[str]


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences of the users that are left; see ``Interactions`` for the fields they share.

    Attributes:
        items: int32 ``[interactions]``.
        offsets: int64 ``[users + 1]``.
        user_ids: The users left, in natural order.
        item_ids: The items left, in natural order, item 1 first.
        users_dropped: How many users the filter took.
        items_dropped: How many items the filter took.
    """

    items: NDArray[np.int32]
    offsets: NDArray[np.int64]
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    users_dropped: int
    items_dropped: int


def natural(texts: Iterable[str]) -> list[str]:
    """Sort by code point, but runs of digits by their number: 2, 10, 20-29, 100, a9, a10."""
    return sorted(texts, key=_natural_key)


def _natural_key(text: str) -> tuple[object, ...]:
    parts: list[object] = list(DIGITS.split(text))  # text and digits in turn
    for i in range(1, len(parts), 2):
        digits = str(parts[i]).lstrip("0")
        parts[i] = (len(digits), digits)  # compares as the number does, however long it is
    return (parts, text)


def to_sequences(name: str, log: Log, min_user: int, min_item: int) -> Sequences:
    """Filter, order and number the events of ``log``.

    Items with fewer than ``min_item`` events go, then users with fewer than ``min_user``, until
    nothing changes. What is left is numbered in natural order of the raw ids, so that neither
    the file's order nor other rows decide an item's number.

    Raises:
        UserError: If no user is left; ``name`` says of which data set.
    """
    kept = np.ones(len(log.users), bool)
    while True:
        fine = kept & (np.bincount(log.items[kept], minlength=len(log.item_ids))[log.items] >= min_item)
        fine &= np.bincount(log.users[fine], minlength=len(log.user_ids))[log.users] >= min_user
        if fine.sum() == kept.sum():
            break
        kept = fine
    if not kept.any():
        longest = np.bincount(log.users).max()
        raise UserError(
            f"data set {name}: no user is left with min_user_interactions={min_user} and "
            f"min_item_interactions={min_item}; of {len(log.user_ids)} users the most active has {longest}."
        )
    users, user_ids = _renumber(log.users[kept], log.user_ids)
    items, item_ids = _renumber(log.items[kept], log.item_ids)
    order = np.lexsort((log.order[kept], users))  # stable: ties stay in the file's order
    return Sequences(
        items=(items[order] + 1).astype(np.int32),
        offsets=np.concatenate([[0], np.cumsum(np.bincount(users))]).astype(np.int64),
        user_ids=user_ids,
        item_ids=item_ids,
        users_dropped=len(log.user_ids) - len(user_ids),
        items_dropped=len(log.item_ids) - len(item_ids),
    )


def _renumber(codes: NDArray[np.int64], ids: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    present = {ids[code]: int(code) for code in np.unique(codes)}
    names = natural(present)
    new = np.full(len(ids), -1, np.int64)
    new[[present[name] for name in names]] = np.arange(len(names))
    return new[codes], tuple(names)
