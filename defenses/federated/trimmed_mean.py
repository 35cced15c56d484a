"""Coordinate-wise trimmed mean (Yin et al., Byzantine-Robust Distributed Learning, ICML 2018).

Every coordinate takes the mean over the round's clients without its largest and smallest values, a
client that doesn't upload an item's row counting as zero. Taken times the number of clients, so
that the learning rate means what it means for a sum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import Aggregator, Server, register

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class TrimmedMeanConfig:
    """Options of the trimmed mean."""

    trim: float = 0.1
    """Share β of a round's clients that is left out at each end, rounded down; below one half."""

    def __post_init__(self) -> None:
        """Refuse to leave out everything."""
        if not 0 <= self.trim < 0.5:
            raise ValueError(f"trim={self.trim} must be at least 0 and below 0.5.")


@register
class TrimmedMean(Aggregator):
    """Leave out the extremes of every coordinate."""

    Config = TrimmedMeanConfig
    paper = "Yin et al., Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, ICML 2018"

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the trimmed means times the number of clients."""
        from ...models.federation.columns import by_coordinate

        n = len(gradients)
        cut = math.floor(self.config.trim * n + 1e-9)

        def trimmed(ascending: Tensor) -> Tensor:
            kept: Tensor = ascending[..., cut : n - cut].sum(-1)
            return kept.mul(n / (n - 2 * cut))

        # Of no more values than are cut at each end, none is left.
        return by_coordinate(gradients, cut + 1, trimmed)
