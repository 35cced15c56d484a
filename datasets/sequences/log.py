"""From a log of events to sequences: filtered, in order, over one vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError
from .natural import natural
from .repeats import unrepeated

SLICE = 1 << 22  # events looked at in one go, so that 100 million need no second copy of themselves
Ids = Sequence[str] | NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Log:
    """Events in the order of the file.

    Attributes:
        users: int32 or int64 ``[events]``; positions in ``user_ids``.
        items: int32 or int64 ``[events]``; positions in ``item_ids``.
        order: Numbers ``[events]``; a user's events are sorted by it, ties in the file's order.
        user_ids: Ids of the users, each once: text, or whole numbers from 0 as int64.
        item_ids: Ids of the items, likewise.
        liked: bool ``[events]``; whether the user liked the item. None where nothing says so.
    """

    users: NDArray[np.integer]
    items: NDArray[np.integer]
    order: NDArray[Any]
    user_ids: Ids
    item_ids: Ids
    liked: NDArray[np.bool_] | None = None

    def take(self, kept: NDArray[np.bool_]) -> Log:
        """Return the events of ``kept``, bool ``[events]``."""
        if kept.all():
            return self
        liked = None if self.liked is None else self.liked[kept]
        return Log(self.users[kept], self.items[kept], self.order[kept], self.user_ids, self.item_ids, liked)


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
        tied_events: How many events share user and time with another one; the file's order decides among them.
        tied_users: How many users' last item such a tie decides.
        liked: bool ``[interactions]`` or None, as in the log.
    """

    items: NDArray[np.int32]
    offsets: NDArray[np.int64]
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    users_dropped: int
    items_dropped: int
    tied_events: int
    tied_users: int
    liked: NDArray[np.bool_] | None = None


def to_sequences(name: str, log: Log, min_user: int, min_item: int, duplicates: str = "all") -> Sequences:
    """Filter, order and number the events of ``log``.

    Repeated events go first, as ``duplicates`` says (see :mod:`.repeats`). Then items with fewer
    than ``min_item`` events go, and users with fewer than ``min_user``, until nothing changes.
    What is left is numbered in natural order of the raw ids, so that neither the file's order nor
    other rows decide an item's number. Beside the log, this takes five bytes an event and a fixed
    amount for each slice.

    Raises:
        UserError: If no user is left; ``name`` says of which data set.
    """
    kept = np.ones(len(log.users), bool)
    if duplicates != "all":
        for rows in by_users(log.users, kept, np.arange(len(log.user_ids))):
            rows = rows[np.lexsort((log.order[rows], log.users[rows]))]
            kept[rows] = unrepeated(log.users[rows], log.items[rows], log.order[rows], duplicates)
    left = int(kept.sum())
    while True:
        _drop_rare(kept, log.items, len(log.item_ids), min_item)
        users = _drop_rare(kept, log.users, len(log.user_ids), min_user)
        before, left = left, int(kept.sum())
        if left == before:
            break
    if not left:
        longest = _count(log.users, np.ones(len(log.users), bool), len(log.user_ids)).max(initial=0)
        raise UserError(
            f"data set {name}: no user is left with min_user_interactions={min_user} and "
            f"min_item_interactions={min_item}; of {len(log.user_ids)} users the most active has {longest}."
        )
    new_user, user_ids = _renumber(users > 0, log.user_ids)
    new_item, item_ids = _renumber(_count(log.items, kept, len(log.item_ids)) > 0, log.item_ids)
    lengths = np.zeros(len(user_ids), np.int64)
    lengths[new_user[users > 0]] = users[users > 0]
    items, end, tied = np.empty(left, np.int32), 0, np.zeros(2, np.int64)
    liked = None if log.liked is None else np.empty(left, np.bool_)
    for rows in by_users(log.users, kept, new_user):
        # Stable: ties stay in the file's order.
        rows = rows[np.lexsort((log.order[rows], new_user[log.users[rows]]))]
        items[end : end + len(rows)] = new_item[log.items[rows]] + 1
        tied += _ties(log.users[rows], items[end : end + len(rows)], log.order[rows])
        if liked is not None and log.liked is not None:
            liked[end : end + len(rows)] = log.liked[rows]
        end += len(rows)
    return Sequences(
        items=items,
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        user_ids=user_ids,
        item_ids=item_ids,
        users_dropped=len(log.user_ids) - len(user_ids),
        items_dropped=len(log.item_ids) - len(item_ids),
        tied_events=int(tied[0]),
        tied_users=int(tied[1]),
        liked=liked,
    )


def _ties(users: NDArray[np.integer], items: NDArray[np.integer], order: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many of the sorted events are tied, and of how many users the last item is."""
    first = np.concatenate([[True], (users[1:] != users[:-1]) | (order[1:] != order[:-1])])
    starts = np.flatnonzero(first)
    sizes = np.diff(starts, append=len(users))
    last = np.concatenate([users[starts][1:] != users[starts][:-1], [True]])
    differ = np.minimum.reduceat(items, starts) != np.maximum.reduceat(items, starts)
    return np.array([sizes[sizes > 1].sum(), (last & differ).sum()], np.int64)


def by_users(
    users: NDArray[np.integer], kept: NDArray[np.bool_], place: NDArray[np.integer], size: int = SLICE
) -> Iterator[NDArray[np.int64]]:
    """Yield the kept rows of some users at a time, users in the order of their ``place``, rows as they stand."""
    counts = np.zeros(int(place.max(initial=-1)) + 1, np.int64)
    per_user = _count(users, kept, len(place))
    counts[place[place >= 0]] = per_user[place >= 0]
    batch = np.concatenate([[0], np.cumsum(counts)[:-1]]) // size  # of each place
    batches = np.unique(batch[counts > 0])
    of_user = np.where(place >= 0, batch[place], -1).astype(np.int32) if len(batch) else np.empty(0, np.int32)
    for wanted in batches:
        yield np.concatenate(
            [
                start + np.flatnonzero(kept[start : start + SLICE] & (of_user[users[start : start + SLICE]] == wanted))
                for start in range(0, len(users), SLICE)
            ]
        )


def _count(codes: NDArray[np.integer], kept: NDArray[np.bool_], n: int) -> NDArray[np.int64]:
    counts = np.zeros(n, np.int64)
    for start in range(0, len(codes), SLICE):
        part = slice(start, start + SLICE)
        counts += np.bincount(codes[part][kept[part]], minlength=n)
    return counts


def _drop_rare(kept: NDArray[np.bool_], codes: NDArray[np.integer], n: int, least: int) -> NDArray[np.int64]:
    """Take events with rare codes out of ``kept``; returns how many events of each code are left."""
    counts = _count(codes, kept, n)
    counts[counts < least] = 0
    for start in range(0, len(codes), SLICE):
        part = slice(start, start + SLICE)
        kept[part] &= counts[codes[part]] > 0
    return counts


def _renumber(present: NDArray[np.bool_], ids: Ids) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return the new number of each id, -1 for those that are gone, and the names in their new order."""
    old = np.flatnonzero(present)
    if isinstance(ids, np.ndarray):
        old = old[np.argsort(ids[old])]
        names = tuple(map(str, ids[old].tolist()))
    else:
        places = {ids[int(code)]: int(code) for code in old}
        names = tuple(natural(places))
        old = np.array([places[name] for name in names], np.int64)
    new = np.full(len(ids), -1, np.int32)
    new[old] = np.arange(len(names))
    return new, names
