"""Multi-Krum (Blanchard et al., Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017).

The server averages the m clients with the best Krum scores. In a federation that adds gradients up,
the average is taken times the number of the round's clients, so that the learning rate means the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import Aggregator, Server, register
from .common.krum import ByzantineConfig, assumed, check_clients, krum_scores

if TYPE_CHECKING:
    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class MultiKrumConfig(ByzantineConfig):
    """Options of Multi-Krum."""

    selected: float = 0.0
    """Share of a round's clients that is averaged, rounded down, at least one; 0 takes n - f, the honest ones."""

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        super().__post_init__()
        if not 0 <= self.selected <= 1:
            raise ValueError(f"selected={self.selected} is not a share between 0 and 1.")


@register
class MultiKrum(Aggregator):
    """Average the clients that are nearest to their neighbours."""

    Config = MultiKrumConfig
    paper = "Blanchard et al., Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017"

    def check(self, clients: int) -> None:
        """Refuse rounds of not more than 2 f + 2 clients."""
        check_clients(clients, self.config.byzantine, self.name)

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the selected clients' mean times the number of clients; of equals, the first ones."""
        n, config = len(gradients), self.config
        scores = krum_scores(gradients, config.byzantine, self.name)
        honest = n - assumed(n, config.byzantine)
        m = max(1, math.floor(config.selected * n + 1e-9)) if config.selected else honest
        weights = gradients.others.new_zeros(n)
        weights[scores.sort(stable=True).indices[:m]] = n / m
        return gradients.weighted(weights)
