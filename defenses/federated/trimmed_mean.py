"""Trimmed mean (Yin et al., Byzantine-Robust Distributed Learning, ICML 2018): every coordinate without its extremes.

- Paper: every coordinate takes the mean over the round's clients without its largest and smallest values.
- Released code of PIECK (ICDE 2024): an item's row is trimmed over the clients that upload it, and multiplied by their
  number. What is left out is what is farthest from the median, on either side.
- rbench: the same clients and number, so that the learning rate means what it means for a sum, and the paper's trimming
  at both ends. A row with fewer than 1/``trim`` uploaders is not trimmed. With ``rows=all`` a client that does not
  upload an item's row counts as zero there, as for the median.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ...core.ranges import Range
from .. import Aggregator, Server, register
from .common.rows import RowsConfig, per_coordinate

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class TrimmedMeanConfig(RowsConfig):
    """Options of the trimmed mean."""

    trim: Annotated[float, Range(0, below=0.5)] = 0.1
    """Share β of the clients that is left out at each end, rounded down; below one half."""


@register
class TrimmedMean(Aggregator[TrimmedMeanConfig]):
    """Leave out the extremes of every coordinate."""

    paper = "Yin et al., Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, ICML 2018"

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the trimmed means times the number of clients."""
        # Of no more values than are cut at each end, none is left.
        return per_coordinate(gradients, self.config.rows, lambda n: self._cut(n) + 1, self._trimmed)

    def _cut(self, n: int) -> int:
        return math.floor(self.config.trim * n + 1e-9)

    def _trimmed(self, ascending: Tensor) -> Tensor:
        n = ascending.shape[-1]
        cut = self._cut(n)
        kept: Tensor = ascending[..., cut : n - cut].sum(-1)
        return kept.mul(n / (n - 2 * cut))
