"""Training examples for networks that have to be given each prefix by itself: a row a label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ....core.interactions import Interactions
from ..batch import Batch
from ..settings import Schedule

Ints = NDArray[np.integer]

WINDOW = 100
"""A step has as many labels as so many windows of this length: as many steps an epoch as with ``sasrec``."""
POSITIONS = 1 << 15
"""Positions computed at once; of width 64, a layer's values take 8 MiB."""


def labels_in_step(data: Interactions, schedule: Schedule) -> int:
    """Return how many labels a step has if there is a row for each: as many as in a batch of windows, on average."""
    labels = np.maximum(data.lengths - 1, 0)
    windows = -(-labels // WINDOW)
    return max(1, round(schedule.batch_size * int(labels.sum()) / max(1, int(windows.sum()))))


class Prefixes:
    """All prefixes of all sequences, each the last items before one label; rows are made batch by batch.

    Attributes:
        users: int64 ``[labels]``: the user of each label.
        labels: int32 ``[labels]``: all labels, flat; what a poisoner may replace.
        lengths: int64 ``[labels]``: items in the row of each label.
    """

    def __init__(self, data: Interactions, length: int, fixed_width: bool = False) -> None:
        """Find the prefixes of ``data``.

        Args:
            data: The sequences.
            length: Longest row.
            fixed_width: Make all rows as wide as the longest; else those of a batch are of like length.
        """
        starts = np.repeat(data.offsets[:-1], data.lengths)
        ends = np.flatnonzero(np.arange(len(data.items)) > starts)
        self.users: Ints = data.users[ends]
        self.labels = data.items[ends].astype(np.int32)
        self.lengths = np.minimum(ends - starts[ends], length)
        self._items, self._starts = data.items.astype(np.int32), ends - self.lengths
        self._width = length if fixed_width else None
        self._data = data

    def labels_each(self, schedule: Schedule) -> float:
        """Return how many labels a step has."""
        return labels_in_step(self._data, schedule)

    def rows(self, labels: Ints) -> NDArray[np.int32]:
        """Return the rows of some labels: int32 ``[k, width]``, padded with 0 on the right."""
        lengths = self.lengths[labels]
        columns = np.arange(self._width or lengths.max())
        places = np.minimum(self._starts[labels][:, None] + columns, len(self._items) - 1)
        return np.where(columns < lengths[:, None], self._items[places], np.int32(0))

    def steps(
        self, labels: Ints, negatives: Ints, schedule: Schedule, rng: np.random.Generator, device: torch.device
    ) -> Iterator[Sequence[Batch]]:
        """Yield the batches of each step; see ``Examples``. A step's labels are any, a batch's rows of like length."""
        size = int(self.labels_each(schedule))
        order = rng.permutation(len(self.labels))[: round(schedule.share * len(self.labels)) or 1]
        for first in range(0, len(order), size):
            yield [self._batch(part, labels, negatives, device) for part in self._parts(order[first : first + size])]

    def _parts(self, step: Ints) -> Iterator[Ints]:
        """Share a step's labels among batches of at most ``POSITIONS`` positions, short rows together."""
        if self._width is None:
            step = step[np.argsort(self.lengths[step], kind="stable")]
        widths = self.lengths[step] if self._width is None else np.full(len(step), self._width)
        first = 0
        while first < len(step):
            # Widths ascend, so that the last row says how wide a batch is.
            fits = np.arange(1, len(step) - first + 1) * widths[first:] <= POSITIONS
            rows = max(1, int(fits.sum()))
            yield step[first : first + rows]
            first += rows

    def _batch(self, chosen: Ints, labels: Ints, negatives: Ints, device: torch.device) -> Batch:
        found = (self.rows(chosen), self.lengths[chosen], self.users[chosen], labels[chosen], negatives[chosen])
        return Batch(*(torch.from_numpy(a).to(device) for a in found))
