"""PIECK-IPE, item popularity enhancement (Zhang et al., Preventing the Popular Item Embedding Based Attack, ICDE 2024).

- Paper: popular items are mined as by PIECK-UEA, and the target's embedding is turned towards theirs, by cosine.
- Released code: the N cosines have weights N, N − 1, ..., 1 by how far items moved, divided by their sum. The loss is
  minus the mean of the weighted cosines that are positive, minus that of the others, times τ; τ is 0.9 below 10% of
  malicious clients. (In the code for networks it is divided by τ where all cosines have one sign.) Where the plain mean
  of the cosines is above 0.95, the loss is minus the norm of the target's embedding. Only the target's row is uploaded.
  In the first round any N items stand for popular ones.
- rbench: the same, times τ in every case; in its first round a client uploads nothing. Each target is turned by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...core.ranges import Positive
from .. import Adversary, FederatedAttack, register
from .common.mining import Miners, MiningConfig, placed

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients
    from ...models.federation.parameters import Parameters

ALIGNED = 0.95


@dataclass(frozen=True)
class PieckIPEConfig(MiningConfig):
    """Options of PIECK-IPE."""

    tau: Positive = 0.9
    """Factor τ of the loss (released code: 0.9 with fewer than 10% malicious clients, less with more)."""


@register
class PieckIPE(FederatedAttack[PieckIPEConfig]):
    """Turn the targets' embeddings towards those of popular items."""

    name = "pieck-ipe"
    paper = "Zhang et al., Preventing the Popular Item Embedding Based Attack in Federated Recommendations, ICDE 2024"

    def recruit(self, adversary: Adversary) -> PopularityEnhancement:
        """Return clients that mine popular items in their first two rounds."""
        return PopularityEnhancement(adversary, self.config.popular, self.config.tau)


class PopularityEnhancement:
    """Clients that upload the targets' rows and nothing else."""

    def __init__(self, adversary: Adversary, popular: int, tau: float) -> None:
        self._miners, self._tau = Miners(adversary, popular), tau
        self._targets = np.unique(adversary.targets).astype(np.int64)

    def upload(self, parameters: Parameters, clients: Tensor) -> ClientGradients:
        """Return the gradients of each client's loss; of one that is in its first round, nothing."""
        import torch

        from ...models.federation.gradients import ClientGradients

        places, popular = self._miners.mine(parameters, clients)
        targets = torch.from_numpy(self._targets).to(popular.device)
        with torch.enable_grad():
            own = parameters.items[targets].repeat(len(places), 1, 1).requires_grad_()  # [clients, targets, d]
            loss = alignment(own, parameters.items[popular], self._tau).sum()
            (slopes,) = torch.autograd.grad(loss, own)
        found = ClientGradients(
            parameters.n_items,
            torch.arange(len(places), device=popular.device).repeat_interleave(len(targets)),
            targets.repeat(len(places)),
            slopes.flatten(0, 1),
            parameters.others.new_zeros(len(places), len(parameters.others)),
        )
        return placed(found, places, len(clients))


def alignment(own: Tensor, popular: Tensor, tau: float) -> Tensor:
    """Return ``[clients, targets]``: the loss of targets ``[clients, targets, d]`` by items ``[clients, N, d]``."""
    import torch
    from torch.nn.functional import cosine_similarity

    cosines = cosine_similarity(own[:, :, None], popular[:, None], dim=-1)  # [clients, targets, N]
    weights = torch.arange(cosines.shape[-1], 0, -1, device=own.device, dtype=own.dtype)
    weighted = cosines * weights / weights.sum()
    positive = cosines > 0
    means = [(weighted * sign).sum(-1) / sign.sum(-1).clamp(min=1) for sign in (positive, ~positive)]
    return torch.where(cosines.mean(-1) > ALIGNED, -own.norm(dim=-1), -tau * (means[0] + means[1]))
