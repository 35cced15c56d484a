"""Training examples for networks that read from both sides: whole sequences, some of whose items are hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ..batch import Batch
from ..settings import Schedule
from .windows import Windows

Ints = NDArray[np.integer]


class Cloze:
    """Windows together with their last label; which items are hidden is drawn anew every epoch.

    The labels are those of the windows: every item but a sequence's first, once. Only those that are hidden in an epoch
    are learned in it. What a poisoner puts in a label's place is learned there and read nowhere: where the item is not
    hidden, the sequence has the user's own.

    Attributes:
        users: int64 ``[labels]``: the user of each label.
        labels: int32 ``[labels]``: all labels, flat; what a poisoner may replace.
        sequences: int32 ``[windows, length + 1]``: a window's first item and its labels, padded with 0 on the right.
    """

    def __init__(self, windows: Windows, mask: int, mask_ratio: float, last_only: float) -> None:
        """Keep the windows.

        Args:
            windows: At least two items in each row, the first and a label.
            mask: The item id that stands in a hidden item's place.
            mask_ratio: Probability that an item is hidden.
            last_only: Share of the rows in which the last item alone is hidden.
        """
        self.users, self.labels = windows.users, windows.labels
        self.sequences = np.concatenate([windows.inputs[:, :1], windows.pad(windows.labels)], 1)
        self._windows, self._mask, self._ratio, self._last_only = windows, mask, mask_ratio, last_only

    def labels_each(self, schedule: Schedule) -> float:
        """Return how many labels a step has, on average."""
        return self._windows.labels_each(schedule) * self._ratio

    def hidden(self, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Draw bool ``[windows, length + 1]``: which items are hidden; never the first of a row."""
        labelled = np.pad(self._windows.valid, ((0, 0), (1, 0)))
        labelled[:, 0] = False
        chosen = labelled & (rng.random(labelled.shape) < self._ratio)
        last = np.arange(labelled.shape[1]) == self._windows.lengths[:, None]
        return np.where(rng.random((len(labelled), 1)) < self._last_only, last, chosen)

    def steps(
        self, labels: Ints, negatives: Ints, schedule: Schedule, rng: np.random.Generator, device: torch.device
    ) -> Iterator[Sequence[Batch]]:
        """Yield the one batch of each step; see ``Examples``. Rows in which nothing is hidden are left out."""
        windows, hidden = self._windows, self.hidden(rng)
        masked = np.where(hidden, np.int32(self._mask), self.sequences)
        labelled, against = (np.pad(windows.pad(a), ((0, 0), (1, 0))) for a in (labels, negatives))
        for rows in windows.batches(schedule.batch_size, rng, schedule.windows == "fixed", schedule.share):
            rows = rows[hidden[rows].any(1)]
            if len(rows):
                width = int(windows.lengths[rows].max()) + 1
                places = np.flatnonzero(hidden[rows, :width])
                found = (
                    *(masked[rows, :width], windows.lengths[rows] + 1, windows.owners[rows]),
                    *(a[rows, :width].reshape(-1)[places] for a in (labelled, against)),
                    places,
                )
                yield [Batch(*(torch.from_numpy(a).to(device) for a in found))]
