"""Embeddings of public users, which whoever receives the global parameters can learn as their clients do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....core.seeds import generator
from ... import Adversary

if TYPE_CHECKING:
    from torch import Tensor

    from ....models.federation.parameters import Parameters


class KnownUsers:
    """Public users as an attacker imitates them: their embeddings follow the parameters that it receives.

    Args:
        adversary: The attacker; its public users are imitated.
        steps: Steps that each embedding takes in a round.
        step_size: Their size, times the gradient of a client's loss.

    Attributes:
        members: bool tensor ``[users]``: who belongs to the audience.
    """

    def __init__(self, adversary: Adversary, steps: int, step_size: float) -> None:
        import torch

        from ....models.federation.population import Population

        assert adversary.public is not None
        protocol, model, histories = adversary.protocol, adversary.model, adversary.public.histories
        users = model.users(len(histories.lengths), generator(adversary.seed, "public"), adversary.device)
        rng = generator(adversary.seed, "public negatives")
        # A mean, whatever clients minimise, so that a step does not grow with a history.
        self._population = Population(model, histories, adversary.n_items, protocol.negatives, "mean", users, rng)
        self._all = torch.arange(len(users), device=adversary.device)
        self._steps, self._step_size = steps, step_size
        self.members = torch.from_numpy(adversary.public.members).to(adversary.device)

    def follow(self, parameters: Parameters) -> Tensor:
        """Return ``[users, user width]``: the embeddings after some steps towards a round's parameters."""
        for _ in range(self._steps):
            slopes = self._population.compute(parameters, self._all, "users").users
            self._population.learn(self._all, slopes, self._step_size)
        return self._population.users
