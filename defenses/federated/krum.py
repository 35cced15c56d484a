"""Krum (Blanchard et al., Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017).

The server follows the one client whose gradient is nearest to its neighbours'. In a federation that
adds gradients up, it is taken times the number of the round's clients, so that the learning
rate means the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import Aggregator, Server, register
from .common.krum import ByzantineConfig, check_clients, krum_scores

if TYPE_CHECKING:
    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class KrumConfig(ByzantineConfig):
    """Options of Krum."""


@register
class Krum(Aggregator):
    """Follow the client that is nearest to its neighbours."""

    Config = KrumConfig
    paper = "Blanchard et al., Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017"

    def check(self, clients: int) -> None:
        """Refuse rounds of not more than 2 f + 2 clients."""
        check_clients(clients, self.config.byzantine, self.name)

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the best client's gradient times the number of clients; of equals, the first."""
        best = int(krum_scores(gradients, self.config.byzantine, self.name).argmin())
        return gradients.of(best) * len(gradients)
