"""Multi-Krum (Blanchard et al., Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017).

- Paper: the server averages the m clients with the best Krum scores.
- Released code of PIECK (ICDE 2024): for each item's row by itself, as for Krum; n − 2f clients are chosen one after
  the other, scores made anew without those chosen before.
- rbench: rows are read as for Krum, ``byzantine`` too; the paper's rule chooses all at once. Times the number of
  clients, so that the learning rate means what it means for a sum. ``selected`` is m as a share of them, and 0 means
  n − f.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.ranges import Share
from .. import Aggregator, Server, register
from .common.krum import ByzantineConfig, assumed, check_clients, select

if TYPE_CHECKING:
    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class MultiKrumConfig(ByzantineConfig):
    """Options of Multi-Krum."""

    selected: Share = 0.0
    """Share of the clients that is averaged, rounded down, at least one; 0 takes n - f, the honest ones."""


@register
class MultiKrum(Aggregator[MultiKrumConfig]):
    """Average the clients that are nearest to their neighbours."""

    paper = "Blanchard et al., Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017"

    def check(self, clients: int) -> None:
        """Refuse rounds of not more than 2 f + 2 clients."""
        check_clients(clients, self.config.byzantine, self.name)

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the selected clients' mean times the number of clients; of equals, the first ones."""
        return select(gradients, self.config, self.name, self._chosen, server)

    def _chosen(self, n: int) -> int:
        if self.config.selected:
            return max(1, math.floor(self.config.selected * n + 1e-9))
        return n - assumed(n, self.config.byzantine)
