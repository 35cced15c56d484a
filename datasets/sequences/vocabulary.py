"""Numbers ids as they come, so that a log of any length needs only the memory of its different ids."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

NUMBER = "^(0|[1-9][0-9]{0,17})$"
"""Ids that are their number's only way to be written; they are kept as numbers, which takes a tenth of the memory."""


class Vocabulary:
    """The different ids that were seen."""

    def __init__(self) -> None:
        self._sorted: NDArray[np.int64] = np.empty(0, np.int64)
        self._places: NDArray[np.int32] = np.empty(0, np.int32)
        self._texts: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._sorted) + len(self._texts)

    def codes(self, ids: Any) -> NDArray[np.int32]:
        """Return int32 ``[ids]``: the place of each id among the different ones seen so far.

        Args:
            ids: Arrow array of text, or of int64 that are not negative; nothing in it is null.
        """
        coded = ids.dictionary_encode()
        fresh = coded.dictionary
        found = np.empty(len(fresh), np.int32)
        if pa.types.is_integer(fresh.type):
            number = np.ones(len(fresh), bool)
        else:
            number = np.asarray(pc.match_substring_regex(fresh, NUMBER).to_numpy(zero_copy_only=False), bool)
        rows, others = np.flatnonzero(number), np.flatnonzero(~number)
        numbers = fresh.filter(pa.array(number)).cast(pa.int64()).to_numpy(zero_copy_only=False)
        order = np.argsort(numbers)  # a search for sorted numbers stays in the cache
        rows, numbers = rows[order], numbers[order]
        places = np.searchsorted(self._sorted, numbers)
        known = places < len(self._sorted)
        known[known] = self._sorted[places[known]] == numbers[known]
        found[rows[known]] = self._places[places[known]]
        texts = fresh.take(pa.array(others)).to_pylist()
        found[others] = [self._texts.get(text, -1) for text in texts]
        new = np.sort(np.concatenate([rows[~known], others[found[others] < 0]]))
        found[new] = len(self) + np.arange(len(new), dtype=np.int32)
        self._texts |= zip(texts, found[others].tolist(), strict=True)
        self._sorted = np.insert(self._sorted, places[~known], numbers[~known])
        self._places = np.insert(self._places, places[~known], found[rows[~known]])
        chosen: NDArray[np.int32] = found[coded.indices.to_numpy(zero_copy_only=False)]
        return chosen

    def ids(self) -> NDArray[np.int64] | list[str]:
        """Return the different ids in the order of their codes: numbers if all are, or else text."""
        if not self._texts:
            numbers = np.empty(len(self._sorted), np.int64)
            numbers[self._places] = self._sorted
            return numbers
        names = [""] * len(self)
        for number, code in zip(self._sorted.tolist(), self._places.tolist(), strict=True):
            names[code] = str(number)
        for text, code in self._texts.items():
            names[code] = text
        return names
