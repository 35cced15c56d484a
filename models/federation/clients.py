"""From interactions to clients: what each trains on, and what is held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.interactions import Interactions
from .settings import FederationConfig

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lists:
    """A list of items for each user, in one flat array.

    Attributes:
        items: int64 ``[entries]``; item ids from 1.
        offsets: int64 ``[users + 1]``; user ``u`` has ``items[offsets[u]:offsets[u + 1]]``.
    """

    items: Ints
    offsets: Ints

    @property
    def lengths(self) -> Ints:
        """int64 ``[users]``: entries of each user."""
        return np.diff(self.offsets)

    @property
    def users(self) -> Ints:
        """int64 ``[entries]``: the user of each entry."""
        return np.repeat(np.arange(len(self.offsets) - 1), self.lengths)


def lists(items: Ints, lengths: Ints) -> Lists:
    """Build lists from all entries, user by user, and each user's number of them."""
    return Lists(items, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def distinct(codes: Ints) -> Ints:
    """Return the different values, ascending; ``np.unique`` hashes integers, many times slower at this size."""
    ordered = np.sort(codes)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def among(codes: Ints, known: Ints) -> NDArray[np.bool_]:
    """Return which codes are in ``known``, ascending and without repeats."""
    if not len(known):
        return np.zeros(codes.shape, bool)
    found: NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, codes), len(known) - 1)] == codes
    return found


def split(data: Interactions, federation: FederationConfig, rng: np.random.Generator) -> tuple[Lists, Lists]:
    """Part every user's interactions into what its client trains on and what is held out.

    A user with too few interactions for one to be held out is a client all the same.
    """
    counts = data.lengths
    held = np.floor(counts * federation.test_share + 1e-9).astype(np.int64)  # 0.2 × 35 may fall short of 7
    users, items = data.users, data.items.astype(np.int64)
    # Each entry's place in its user's order, from 0: that of the log, or a random one.
    if federation.split == "tail":
        nth = np.arange(len(items)) - data.offsets[users]
    else:
        nth = np.empty(len(items), np.int64)
        nth[np.lexsort((rng.random(len(items)), users))] = np.arange(len(items)) - data.offsets[users]
    out = nth >= (counts - held)[users]
    return lists(items[~out], counts - held), lists(items[out], held)


class Negatives:
    """Draws negatives uniformly, with replacement, from the items that are not among a client's own.

    Held-out items may be drawn: a client doesn't know them. A client that has every item gets none.

    Args:
        positives: The clients' own items; may repeat.
        n_items: Number of items.
    """

    def __init__(self, positives: Lists, n_items: int) -> None:
        base = n_items + 1
        # A pair of user and item is one number, so that one sorted array holds all users' own items.
        own = distinct(positives.users * base + positives.items)
        user, item = own // base, own % base
        count = np.bincount(user, minlength=len(positives.lengths))
        first = np.cumsum(count) - count  # where each user's own items begin in `own`
        # Count a user's free items from 0. Below its k-th own item (from 0) are item - 1 - k of them: free item
        # number f comes after all own items for which that is at most f, and is item f + 1 + (number of those).
        self._free_below = user * base + (item - 1 - (np.arange(len(own)) - first[user]))
        self._base, self._first, self._free = base, first, n_items - count
        self._positives = positives.lengths

    def draw(self, each: int, rng: np.random.Generator) -> Lists:
        """Return ``each`` negatives for every positive."""
        lengths = np.where(self._free > 0, self._positives * each, 0)
        user = np.repeat(np.arange(len(lengths)), lengths)  # [negatives]
        free = (rng.random(len(user)) * self._free[user]).astype(np.int64)
        preceding = np.searchsorted(self._free_below, user * self._base + free, side="right") - self._first[user]
        return lists(free + 1 + preceding, lengths)


def interleave(positives: Lists, negatives: Lists) -> tuple[Lists, NDArray[np.float32]]:
    """Put each client's positives before its negatives; returns the samples and their labels, 1 or 0."""
    lengths = positives.lengths + negatives.lengths
    samples = lists(np.empty(int(lengths.sum()), np.int64), lengths)
    nth = np.arange(len(samples.items)) - samples.offsets[samples.users]  # place in its client's list, from 0
    positive = nth < positives.lengths[samples.users]
    samples.items[positive] = positives.items
    samples.items[~positive] = negatives.items
    return samples, positive.astype(np.float32)
