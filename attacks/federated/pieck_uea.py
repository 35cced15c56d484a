"""PIECK-UEA, user embedding approximation (Zhang et al., Preventing the Popular Item Embedding ..., ICDE 2024).

- Paper: items whose embeddings move most between the rounds that a client sees are popular, and users resemble them.
  The embeddings of N such items stand for those of users, and the client promotes the targets to these.
- Released code: each client compares the item tables of its first two rounds. The loss is the mean of −log of the
  target's score over the N items, whose own embeddings it does not change; the client uploads the gradients of the
  target and of the layers. In the first round any N items stand for popular ones. In the code for networks, though not
  in that for factorisation, the items are those that moved least.
- rbench: the items that moved most, as the paper says; in its first round a client uploads nothing. The loss is added
  up over targets. Of an item's row as many numbers are taken as a user has; if there are fewer, zeros follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import Adversary, FederatedAttack, register
from .common.approximation import promoted
from .common.mining import Miners, MiningConfig, placed

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients
    from ...models.federation.parameters import Parameters


@dataclass(frozen=True)
class PieckUEAConfig(MiningConfig):
    """Options of PIECK-UEA."""


@register
class PieckUEA(FederatedAttack[PieckUEAConfig]):
    """Promote the targets to the embeddings of popular items."""

    name = "pieck-uea"
    paper = "Zhang et al., Preventing the Popular Item Embedding Based Attack in Federated Recommendations, ICDE 2024"

    def recruit(self, adversary: Adversary) -> UserApproximation:
        """Return clients that mine popular items in their first two rounds."""
        return UserApproximation(adversary, self.config.popular)


class UserApproximation:
    """Clients that take popular items' embeddings for users'."""

    def __init__(self, adversary: Adversary, popular: int) -> None:
        self._miners, self._model = Miners(adversary, popular), adversary.model
        self._targets = adversary.targets.astype(np.int64)

    def upload(self, parameters: Parameters, clients: Tensor) -> ClientGradients:
        """Return the gradients of each client's loss; of one that is in its first round, nothing."""
        from torch.nn.functional import pad

        places, popular = self._miners.mine(parameters, clients)
        width = self._model.user_width
        rows = parameters.items[popular.flatten()][:, :width]
        users = pad(rows, (0, width - rows.shape[1]))
        each = popular.shape[1]
        found = promoted(self._model, parameters, users, np.tile(self._targets, (each, 1)), 1 / each)
        return placed(found, places, len(clients))
