"""Coordinate-wise median (Yin et al., Byzantine-Robust Distributed Learning, ICML 2018).

Every coordinate takes the median over the round's clients, a client that doesn't upload an item's
row counting as zero: so rows that fewer than half upload stay as they are. Taken times the number
of clients, so that the learning rate means what it means for a sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import Aggregator, Server, register

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class MedianConfig:
    """Options of the median: none."""


@register
class Median(Aggregator):
    """Take the median of every coordinate."""

    Config = MedianConfig
    paper = "Yin et al., Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, ICML 2018"

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the medians times the number of clients; of an even number, the mean of the middle two."""
        from ...models.federation.columns import by_coordinate

        n = len(gradients)

        def median(ascending: Tensor) -> Tensor:
            return (ascending[..., (n - 1) // 2] + ascending[..., n // 2]) * (n / 2)

        # With more than half of them zero, the middle is zero.
        return by_coordinate(gradients, (n + 1) // 2, median)
