"""Trimmed mean (Yin et al., Byzantine-Robust Distributed Learning, ICML 2018): every coordinate without its extremes.

- Paper: every coordinate takes the mean over the round's clients without its largest and smallest values.
- rbench: times the number of clients, so that the learning rate means what it means for a sum. A client that does not
  upload an item's row counts as zero there, as for the median.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ...core.config import Options
from ...core.ranges import Range
from .. import Aggregator, Server, register

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class TrimmedMeanConfig(Options):
    """Options of the trimmed mean."""

    trim: Annotated[float, Range(0, below=0.5)] = 0.1
    """Share β of a round's clients that is left out at each end, rounded down; below one half."""


@register
class TrimmedMean(Aggregator[TrimmedMeanConfig]):
    """Leave out the extremes of every coordinate."""

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
