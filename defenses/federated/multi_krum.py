"""Multi-Krum (Blanchard et al., Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017).

- Paper: the server averages the m clients with the best Krum scores.
- rbench: times the number of clients, so that the learning rate means what it means for a sum. ``byzantine`` is as for
  Krum, ``selected`` is m as a share of the clients, and 0 means n − f.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.ranges import Share
from .. import Aggregator, Server, register
from .common.krum import ByzantineConfig, assumed, check_clients, krum_scores

if TYPE_CHECKING:
    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class MultiKrumConfig(ByzantineConfig):
    """Options of Multi-Krum."""

    selected: Share = 0.0
    """Share of a round's clients that is averaged, rounded down, at least one; 0 takes n - f, the honest ones."""


@register
class MultiKrum(Aggregator[MultiKrumConfig]):
    """Average the clients that are nearest to their neighbours."""

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
