"""Median (Yin et al., Byzantine-Robust Distributed Learning, ICML 2018): the median of every coordinate.

- Paper: every coordinate takes the median over the round's clients.
- Released code of PIECK (ICDE 2024): the median of an item's row is taken over the clients that upload it, times their
  number; of the layers over all clients.
- rbench: the same, so that the learning rate means what it means for a sum. Of one uploader the median is its row, of
  two their sum. With ``rows=all`` a client that does not upload an item's row counts as zero there, as in the
  definition: rows that fewer than half of a round's clients upload do not move, which in a catalogue is nearly all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import Aggregator, Server, register
from .common.rows import RowsConfig, per_coordinate

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class MedianConfig(RowsConfig):
    """Options of the median."""


@register
class Median(Aggregator[MedianConfig]):
    """Take the median of every coordinate."""

    paper = "Yin et al., Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, ICML 2018"

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the medians times the number of clients; of an even number, the mean of the middle two."""
        # With more than half of them zero, the middle is zero.
        return per_coordinate(gradients, self.config.rows, lambda n: (n + 1) // 2, _median)


def _median(ascending: Tensor) -> Tensor:
    n = ascending.shape[-1]
    return (ascending[..., (n - 1) // 2] + ascending[..., n // 2]) * (n / 2)
