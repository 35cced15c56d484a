"""Median (Yin et al., Byzantine-Robust Distributed Learning, ICML 2018): the median of every coordinate.

- Paper: every coordinate takes the median over the round's clients.
- rbench: times the number of clients, so that the learning rate means what it means for a sum. A client that does not
  upload an item's row counts as zero there, as in the definition: rows that fewer than half of a round's clients upload
  do not move, which in a catalogue is nearly all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.config import Options
from .. import Aggregator, Server, register

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class MedianConfig(Options):
    """Options of the median: none."""


@register
class Median(Aggregator[MedianConfig]):
    """Take the median of every coordinate."""

    paper = "Yin et al., Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, ICML 2018"

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the medians times the number of clients; of an even number, the mean of the middle two."""
        from ...models.federation.columns import by_coordinate

        n = len(gradients)

        def median(ascending: Tensor) -> Tensor:
            return (ascending[..., (n - 1) // 2] + ascending[..., n // 2]) * (n / 2)

        # With more than half of them zero, the middle is zero.
        return by_coordinate(gradients, (n + 1) // 2, median)
