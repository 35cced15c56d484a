"""Training examples: whole sequences cut into windows, every label used once an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ....core.interactions import Interactions
from ..batch import Batch
from ..settings import Schedule

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
        self.users: Ints = np.repeat(self.owners, self.lengths)

    def pad(self, flat: Ints) -> NDArray[np.int32]:
        """Spread a flat array of one value a label over the windows' shape."""
        padded = np.zeros(self.inputs.shape, np.int32)
        padded[self.valid] = flat
        return padded

    def labels_each(self, schedule: Schedule) -> float:
        """Return how many labels a step has, on average."""
        return schedule.batch_size * len(self.labels) / max(1, len(self.lengths))

    def steps(
        self, labels: Ints, negatives: Ints, schedule: Schedule, rng: np.random.Generator, device: torch.device
    ) -> Iterator[Sequence[Batch]]:
        """Yield the one batch of each step; see ``Examples``."""
        inputs, valid, lengths, owners, padded_labels, padded_negatives = (
            torch.from_numpy(a).to(device)
            for a in (self.inputs, self.valid, self.lengths, self.owners, self.pad(labels), self.pad(negatives))
        )
        for batch in self.batches(schedule.batch_size, rng, schedule.windows == "fixed", schedule.share):
            rows = torch.from_numpy(batch).to(device)
            width = int(self.lengths[batch].max())
            real = valid[rows, :width].reshape(-1).nonzero().squeeze(1)
            labelled, against = (a[rows, :width].reshape(-1)[real] for a in (padded_labels, padded_negatives))
            yield [Batch(inputs[rows, :width], lengths[rows], owners[rows], labelled, against, real)]

    def batches(self, size: int, rng: np.random.Generator, alike: bool = True, share: float = 1.0) -> Iterator[Ints]:
        """Yield indices of windows in random order.

        Args:
            size: Windows in a batch.
            rng: Draws the order.
            alike: Put windows of like length together: then little padding is computed.
            share: Yield only this share of all windows.
        """
        order = rng.permutation(len(self.lengths))[: round(share * len(self.lengths)) or 1]
        if alike:
            order = order[np.argsort(self.lengths[order], kind="stable")]
        pieces = [order[i : i + size] for i in range(0, len(order), size)]
        for i in rng.permutation(len(pieces)):
            yield pieces[i]
