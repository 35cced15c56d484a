"""Uniform negatives outside the user's own items, drawn for a whole epoch at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....core.interactions import Interactions


class NegativeSampler:
    """Draws items that a user never interacted with in ``data``."""

    def __init__(self, data: Interactions) -> None:
        """Index every (user, item) pair of ``data``."""
        self._base = data.n_items + 1
        self._pairs = np.unique(data.users * self._base + data.items)
        crowded = np.bincount(self._pairs // self._base, minlength=data.n_users) >= data.n_items
        self._exempt = crowded  # a user who has everything has no negative: take any item

    def draw(self, users: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.int32]:
        """Return int32 ``[len(users)]``: one negative for each."""
        negatives = rng.integers(1, self._base, len(users), dtype=np.int32)
        open_ = np.flatnonzero(~self._exempt[users])
        while len(open_):
            codes = users[open_] * self._base + negatives[open_]
            found = np.minimum(np.searchsorted(self._pairs, codes), len(self._pairs) - 1)
            open_ = open_[self._pairs[found] == codes]
            negatives[open_] = rng.integers(1, self._base, len(open_), dtype=np.int32)
        return negatives
