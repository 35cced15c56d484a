"""Training examples: whole sequences cut into windows, every label used once an epoch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ....core.interactions import Interactions

Ints = NDArray[np.integer]


class Windows:
    """Consecutive windows over all sequences; inside one, each item's label is its successor.

    Attributes:
        inputs: int32 ``[windows, length]``, padded with 0 on the right.
        lengths: int64 ``[windows]``.
        owners: int64 ``[windows]``: the user of each window.
        users: int64 ``[labels]``: the user of each label.
        labels: int32 ``[labels]``: all labels, flat; what a poisoner may replace.
    """

    def __init__(self, data: Interactions, length: int, shifts: Ints | None = None) -> None:
        """Cut the sequences of ``data`` from their ends; without ``shifts`` only first windows are short.

        Args:
            data: The sequences.
            length: Longest window, in labels.
            shifts: ``[users]``, below ``length``: labels at the end that stand in a window of their own,
                where a sequence does not fit into one.
        """
        steps = np.maximum(data.lengths - 1, 0)
        ends = steps if shifts is None else steps + np.where(steps > length, -shifts % length, 0)
        counts = -(-ends // length)
        self.owners = np.repeat(np.arange(data.n_users), counts)
        nth = np.arange(len(self.owners)) - np.repeat(np.cumsum(counts) - counts, counts)
        from_end = np.repeat(counts, counts) - 1 - nth
        stop = ends[self.owners] - from_end * length
        start = np.maximum(stop - length, 0)
        stop = np.minimum(stop, steps[self.owners])
        self.lengths = stop - start
        columns = np.arange(length)
        self.valid = columns < self.lengths[:, None]
        index = (data.offsets[self.owners] + start)[:, None] + columns
        self.inputs = np.zeros((len(self.owners), length), np.int32)
        self.inputs[self.valid] = data.items[index[self.valid]]
        self.labels = data.items[index[self.valid] + 1].astype(np.int32)
        self.users = np.repeat(self.owners, self.lengths)

    def pad(self, flat: Ints) -> NDArray[np.int32]:
        """Spread a flat array of one value a label over the windows' shape."""
        padded = np.zeros(self.inputs.shape, np.int32)
        padded[self.valid] = flat
        return padded

    def batches(self, size: int, rng: np.random.Generator, alike: bool = True) -> Iterator[Ints]:
        """Yield indices of windows in random order, of like length if ``alike``: then little padding is computed."""
        order = rng.permutation(len(self.lengths))
        if alike:
            order = order[np.argsort(self.lengths[order], kind="stable")]
        pieces = [order[i : i + size] for i in range(0, len(order), size)]
        for i in rng.permutation(len(pieces)):
            yield pieces[i]
