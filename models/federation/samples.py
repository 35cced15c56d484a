"""What clients train on, and how their samples are laid out to pass through a network together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

TOGETHER = 1 << 14
"""Samples that pass forward and backward together: what stays in a processor's cache."""
PARTS = 4
"""Parts in which a large pass is added up, however many threads there are: sums must not depend on those."""


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

    def rectangle(self, clients: Tensor, longest: int) -> tuple[Tensor, Tensor, Tensor]:
        """Lay some clients' samples out side by side, padded with the samples that happen to follow.

        Args:
            clients: int64 ``[k]``.
            longest: The most samples that one of them has.

        Returns:
            bool ``[k, longest]``, false where padded; items and labels, flat: ``[k * longest]``.
        """
        column = torch.arange(longest, device=clients.device)
        real = column < self.lengths[clients, None]
        picks = (self.starts[clients, None] + column).clamp_(max=len(self.items) - 1).view(-1)
        return real, self.items.index_select(0, picks), self.labels.index_select(0, picks)


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
