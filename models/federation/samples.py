"""What clients train on, and how their samples are laid out to pass through a network together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Samples:
    """What clients train on; each one's samples lie one after the other in flat arrays.

    Attributes:
        items: int64 ``[n]``: item ids from 1.
        labels: ``[n]``: 1 for positives, 0 for negatives.
        starts: int64 ``[clients]``: where each client's samples begin.
        lengths: int64 ``[clients]``: how many there are.
    """

    items: Tensor
    labels: Tensor
    starts: Tensor
    lengths: Tensor

    def of(self, clients: Tensor) -> Samples:
        """Return some clients' samples, in that order."""
        return Samples(self.items, self.labels, self.starts[clients], self.lengths[clients])


def rectangles(lengths: NDArray[np.integer], size: int) -> list[tuple[NDArray[np.integer], int]]:
    """Group clients of like length, those without samples left out.

    Args:
        lengths: int ``[clients]``: samples of each.
        size: Samples in a group, padding included; a client with more is a group of its own.

    Returns:
        For each group, its clients and the length of the longest.
    """
    order = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
    groups: list[tuple[NDArray[np.integer], int]] = []
    first = 0
    while first < len(order):
        longest = int(lengths[order[first]])
        groups.append((order[first : first + max(1, size // longest)], longest))
        first += len(groups[-1][0])
    return groups
