"""Numbers ids as they come, so that a log of any length needs only the memory of its different ids."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


class NumberVocabulary:
    """Ids that are whole numbers."""

    def __init__(self) -> None:
        self._sorted: NDArray[np.int64] = np.empty(0, np.int64)
        self._codes: NDArray[np.int32] = np.empty(0, np.int32)

    def codes(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return int32 ``[ids]``: the place of each id among the different ones seen so far."""
        import pandas as pd

        local, fresh = pd.factorize(ids)
        where = np.searchsorted(self._sorted, fresh)
        known = where < len(self._sorted)
        known[known] = self._sorted[where[known]] == fresh[known]
        numbers = np.empty(len(fresh), np.int32)
        numbers[known] = self._codes[where[known]]
        numbers[~known] = len(self._sorted) + np.arange(int((~known).sum()))
        added = np.flatnonzero(~known)
        added = added[np.argsort(fresh[added])]
        place = np.searchsorted(self._sorted, fresh[added])
        self._sorted = np.insert(self._sorted, place, fresh[added])
        self._codes = np.insert(self._codes, place, numbers[added])
        found: NDArray[np.int32] = numbers[local]
        return found

    def ids(self) -> NDArray[np.int64]:
        """Return the different ids in the order of their codes."""
        ids = np.empty(len(self._sorted), np.int64)
        ids[self._codes] = self._sorted
        return ids


class TextVocabulary:
    """Ids that are text."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def codes(self, ids: Iterable[str]) -> NDArray[np.int32]:
        """Return int32 ``[ids]``: the place of each id among the different ones seen so far."""
        known = self._codes
        return np.fromiter((known.setdefault(text, len(known)) for text in ids), np.int32)

    def ids(self) -> list[str]:
        """Return the different ids in the order of their codes."""
        return list(self._codes)
