"""Training examples of any kind: what the trainer and an attacker see of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from ....core.interactions import Interactions
from ..batch import Batch
from ..encoder import SequenceEncoder
from ..settings import Schedule
from .prefixes import Prefixes
from .recbole_loader import LoaderRows
from .windows import Windows

Ints = NDArray[np.int32]


class Examples(Protocol):
    """The labels of an epoch, and the steps in which they are learned.

    Attributes:
        users: int64 ``[labels]``: the user of each label.
        labels: int32 ``[labels]``: all labels, flat; what a poisoner may replace.
    """

    users: NDArray[np.integer]
    labels: Ints

    def labels_each(self, schedule: Schedule) -> float:
        """Return how many labels a step has, on average."""
        ...

    def steps(
        self, labels: Ints, negatives: Ints, schedule: Schedule, rng: np.random.Generator, device: torch.device
    ) -> Iterator[Sequence[Batch]]:
        """Yield the batches of each step, in random order; the gradients of a step's batches are added up.

        Args:
            labels: int32 ``[labels]``: what stands in the labels' places.
            negatives: int32 ``[labels]``: what is held against them; 0 means none.
            schedule: Size and composition of a step.
            rng: Draws the order.
            device: Where the batches are to be.
        """
        ...


def examples(
    encoder: SequenceEncoder, data: Interactions, schedule: Schedule, cuts: np.random.Generator | None = None
) -> Examples:
    """Return training examples of the kind that a network learns from.

    Args:
        encoder: The network.
        data: The sequences.
        schedule: Whose loader gives them out.
        cuts: Draws where windows are cut; None cuts them from the sequences' ends.
    """
    if schedule.loader == "recbole":
        return LoaderRows(data, encoder.max_length)
    if encoder.examples == "prefixes":
        return Prefixes(data, encoder.max_length, encoder.fixed_width)
    shifts = None if cuts is None else cuts.integers(encoder.max_length, size=data.n_users)
    return Windows(data, encoder.max_length, shifts)
