"""Norm bound (Sun et al., Can You Really Backdoor Federated Learning?, 2019): long gradients are shortened.

- Paper: each client's gradient is shortened to a largest norm, fixed by hand, and noise is added to the sum.
- rbench: item rows and all else count as one vector; no noise is added. ``bound=0`` takes the median of the round's
  norms, which needs no tuning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ...core.config import Options
from ...core.ranges import Range
from .. import Aggregator, Server, register

if TYPE_CHECKING:
    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class NormBoundConfig(Options):
    """Options of norm bounding."""

    bound: Annotated[float, Range(0)] = 0.0
    """Largest Euclidean norm of a client's gradient; 0 takes the median of the round's norms."""


@register
class NormBound(Aggregator[NormBoundConfig]):
    """Shorten every client's gradient to a largest norm."""

    paper = "Sun et al., Can You Really Backdoor Federated Learning?, arXiv:1911.07963, 2019"

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the sum of the shortened gradients."""
        norms = gradients.squared_norms().sqrt()
        bound = norms.quantile(0.5) if self.config.bound == 0 else norms.new_tensor(self.config.bound)
        return gradients.weighted((bound / norms.clamp(min=1e-30)).clamp(max=1.0))
