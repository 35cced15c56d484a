"""Popular item mining (PIECK, Zhang et al., ICDE 2024): items whose embeddings move most are popular ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ....core.ranges import Count
from ... import Adversary
from .malicious import MaliciousConfig

if TYPE_CHECKING:
    from torch import Tensor

    from ....models.federation.gradients import ClientGradients
    from ....models.federation.parameters import Parameters


@dataclass(frozen=True)
class MiningConfig(MaliciousConfig):
    """Options of attacks that mine popular items."""

    popular: Count = 10
    """Popular items N that a client mines; all but the targets if there are not so many."""


class Miners:
    """Clients that compare the item table of their first round with that of their second.

    Args:
        adversary: The attacker behind them.
        popular: Items that each client mines.
    """

    def __init__(self, adversary: Adversary, popular: int) -> None:
        targets = np.unique(adversary.targets)
        self._targets, self._n = targets.astype(np.int64), min(popular, adversary.n_items - len(targets))
        self._first: dict[int, Tensor] = {}
        self._mined: dict[int, Tensor] = {}

    def mine(self, parameters: Parameters, clients: Tensor) -> tuple[Tensor, Tensor]:
        """Return which of the clients know popular items, and these.

        Args:
            parameters: The round's global parameters.
            clients: int64 ``[k]``: which malicious clients the round selected.

        Returns:
            int64 ``[m]``: places in ``clients``; int64 ``[m, N]``: the items of each, those that moved most first.
        """
        import torch

        table = parameters.items
        for client in clients.tolist():
            if client in self._mined:
                continue
            if client not in self._first:
                self._first[client] = table.clone()
                continue
            moved = (table - self._first.pop(client)).square().sum(1)
            moved[0] = moved[self._targets] = -1.0
            self._mined[client] = moved.sort(descending=True, stable=True).indices[: self._n]
        known = [place for place, client in enumerate(clients.tolist()) if client in self._mined]
        mined = [self._mined[client] for client in clients[known].tolist()]
        empty = torch.zeros((0, self._n), dtype=torch.long, device=table.device)
        return torch.tensor(known, dtype=torch.long, device=table.device), torch.stack(mined) if mined else empty


def placed(found: ClientGradients, places: Tensor, clients: int) -> ClientGradients:
    """Return the uploads of ``clients`` clients, of which those at ``places`` upload what was found, others nothing."""
    from ....models.federation.gradients import ClientGradients

    others = found.others.new_zeros(clients, found.others.shape[1])
    others[places] = found.others
    return ClientGradients(found.n_items, places[found.clients], found.items, found.rows, others)
