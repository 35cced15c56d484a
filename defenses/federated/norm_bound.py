"""Norm bound (Sun et al., Can You Really Backdoor Federated Learning?, 2019): long gradients are shortened.

- Paper: each client's gradient is shortened to a largest norm, fixed by hand, and noise is added to the sum.
- Released code of PIECK (ICDE 2024) and Spattack (AAAI 2025): each item row that a client uploads is shortened by
  itself; so is, in PIECK, each row of the layers' weights, and each bias.
- rbench: each item row by itself, and all else that a client uploads as one vector; no noise is added. ``bound=0``
  takes the median of the norms, of an item's rows over its uploaders and of all else over all clients, which needs no
  tuning. With ``rows=all`` all that a client uploads is one vector, as in the paper. Whom it shortens most
  it distrusts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ...core.ranges import Range
from .. import Aggregator, Server, register
from .common.rows import RowsConfig, distrust, middle

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class NormBoundConfig(RowsConfig):
    """Options of norm bounding."""

    bound: Annotated[float, Range(0)] = 0.0
    """Largest Euclidean norm of a client's gradient, or of each of its item rows; 0 takes the median of the norms."""


@register
class NormBound(Aggregator[NormBoundConfig]):
    """Shorten every client's gradient to a largest norm."""

    paper = "Sun et al., Can You Really Backdoor Federated Learning?, arXiv:1911.07963, 2019"

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the sum of the shortened gradients."""
        if self.config.rows == "all":
            return gradients.weighted(self._scale(gradients.squared_norms().sqrt()))
        norms = gradients.rows.norm(dim=1)
        bounds = None if self.config.bound else middle(gradients, norms)
        rows, others = self._scale(norms, bounds), self._scale(gradients.others.norm(dim=1))
        distrust(gradients, server, 1 - rows, 1 - others)
        return gradients.scaled(rows, others)

    def _scale(self, norms: Tensor, bounds: Tensor | None = None) -> Tensor:
        """Return what vectors with such norms are multiplied by, at most 1."""
        if bounds is None:
            bounds = norms.quantile(0.5) if self.config.bound == 0 else norms.new_tensor(self.config.bound)
        return (bounds / norms.clamp(min=1e-30)).clamp(max=1.0)
