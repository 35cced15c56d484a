"""Krum (Blanchard et al., Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017).

- Paper: the server follows the one client whose gradient has the smallest sum of squared distances to its n − f − 2
  nearest, f being the number of malicious clients that it reckons with.
- Released code of PIECK (ICDE 2024): each item's row chooses among the clients that upload it, and each tensor of the
  layers among all; by distances, not their squares, times the number of clients. A row with too few is added up.
- rbench: the same rows, so that the learning rate means what it means for a sum; scores are the paper's, and all else
  chooses one client together. f is the share ``byzantine`` of the clients; a row with no more than 2f + 2 uploaders is
  added up, and a round needs more than 2f + 2 clients. ``rows=all`` is the paper's rule: one client is followed in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import Aggregator, Server, register
from .common.krum import ByzantineConfig, check_clients, select

if TYPE_CHECKING:
    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class KrumConfig(ByzantineConfig):
    """Options of Krum."""


@register
class Krum(Aggregator[KrumConfig]):
    """Follow the client that is nearest to its neighbours."""

    paper = "Blanchard et al., Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017"

    def check(self, clients: int) -> None:
        """Refuse rounds of not more than 2 f + 2 clients."""
        check_clients(clients, self.config.byzantine, self.name)

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the best client's gradient times the number of clients; of equals, the first."""
        return select(gradients, self.config, self.name, lambda n: 1, server)
