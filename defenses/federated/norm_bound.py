"""Norm bounding (Sun et al., Can You Really Backdoor Federated Learning?, 2019): long gradients are shortened.

Each client's gradient, item rows and all else together, is scaled down to a largest norm, and then
all are added up as without a defense. The paper's noise is left out. It fixes the bound by hand;
here the default is the median of the round's norms, which needs no tuning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import Aggregator, Server, register

if TYPE_CHECKING:
    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class NormBoundConfig:
    """Options of norm bounding."""

    bound: float = 0.0
    """Largest Euclidean norm of a client's gradient; 0 takes the median of the round's norms."""

    def __post_init__(self) -> None:
        """Refuse negative norms."""
        if self.bound < 0:
            raise ValueError(f"bound={self.bound} must not be negative.")


@register
class NormBound(Aggregator):
    """Shorten every client's gradient to a largest norm."""

    Config = NormBoundConfig
    paper = "Sun et al., Can You Really Backdoor Federated Learning?, arXiv:1911.07963, 2019"

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the sum of the shortened gradients."""
        norms = gradients.squared_norms().sqrt()
        bound = norms.quantile(0.5) if self.config.bound == 0 else norms.new_tensor(self.config.bound)
        return gradients.weighted((bound / norms.clamp(min=1e-30)).clamp(max=1.0))
