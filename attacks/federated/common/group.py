"""Poisoned gradients that promote the targets to one group of imitated users and keep them from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np

from ....core.ranges import Count, CountOrZero, Positive, Range
from ....core.seeds import generator
from ... import Adversary
from .approximation import mined, promoted
from .known_users import KnownUsers
from .public import PublicConfig

if TYPE_CHECKING:
    from torch import Tensor

    from ....models.federation.gradients import ClientGradients
    from ....models.federation.parameters import Parameters


@dataclass(frozen=True)
class GroupConfig(PublicConfig):
    """Options of clients that aim at a group."""

    draws: Count = 10
    """Users of the audience that a client draws in a round, and of the others."""
    sigma: Positive = 0.01
    """Standard deviation of the noise on their embeddings."""
    fit: CountOrZero = 10
    """Steps in a round by which public users' embeddings follow the parameters; 0 leaves them as drawn."""
    fit_size: Positive = 1.0
    """Size of such a step."""
    steps: CountOrZero = 30
    """Steps of hard user mining, as A-hum's; 0 mines none."""
    step_size: Positive = 0.001
    """Size of a step of mining."""
    suppress: Annotated[float, Range(0)] = 1.0
    """Weight of keeping the targets from public users outside the audience; 0 leaves them alone."""


class GroupApproximation:
    """Malicious clients that make up users from public ones.

    Args:
        adversary: The attacker behind them.
        options: Its options.
    """

    def __init__(self, adversary: Adversary, options: GroupConfig) -> None:
        import torch

        self._options, self._model = options, adversary.model
        self._known = KnownUsers(adversary, options.fit, options.fit_size)
        self._targets = np.tile(adversary.targets.astype(np.int64), (options.draws, 1))
        self._sides = [torch.nonzero(side)[:, 0] for side in (self._known.members, ~self._known.members)]
        self._rng = generator(adversary.seed, "draws")

    def upload(self, parameters: Parameters, clients: Tensor) -> ClientGradients:
        """Return the gradients of each client's loss."""
        import torch

        from ....models.federation.gradients import ClientGradients

        o, known = self._options, self._known.follow(parameters)
        found = []
        for side, label, weight in zip(self._sides, (1.0, 0.0), (1.0, o.suppress), strict=True):
            size = len(clients) * o.draws
            drawn = known[side[torch.from_numpy(self._rng.integers(len(side), size=size)).to(side.device)]]
            noise = self._rng.normal(0.0, o.sigma, tuple(drawn.shape))
            users = drawn + torch.from_numpy(noise).to(drawn)
            aim = self._model, parameters
            users = mined(*aim, users, self._targets, 1.0, 1 - label, o.steps, o.step_size)
            found.append(promoted(*aim, users, self._targets, weight / o.draws, label))
        both = ClientGradients.concatenate(found)
        # Client k stands at k and at k + clients: next to each other they can be added up.
        order = torch.arange(len(both), device=clients.device).view(2, -1).T.reshape(-1)
        return both.reorder(order).joined(2)
