"""Malicious clients that train by the protocol, on interactions that they make up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ....core.seeds import generator
from ... import Adversary

if TYPE_CHECKING:
    from torch import Tensor

    from ....models.federation.gradients import ClientGradients
    from ....models.federation.parameters import Parameters


class FakeUsers:
    """Clients with made-up positives, negatives and an embedding of their own, which they keep and train.

    Args:
        adversary: The attacker behind them.
        positives: int ``[clients, positives]``: each client's items, all different.
        who: Tells their draws from those of others of the same attacker.

    Attributes:
        population: The clients, with their embeddings and samples.
    """

    def __init__(self, adversary: Adversary, positives: NDArray[np.integer], *who: str) -> None:
        from ....models.federation.clients import lists
        from ....models.federation.population import Population

        protocol, seed, model = adversary.protocol, adversary.seed, adversary.model
        users = model.users(len(positives), generator(seed, "users", *who), adversary.device)
        profiles = lists(positives.astype(np.int64).ravel(), np.full(len(positives), positives.shape[1]))
        self._lr, self._resample, self._seen = protocol.lr, protocol.resample, np.zeros(len(positives), bool)
        self._rng = generator(seed, "negatives", *who)
        self.population = Population(
            model, profiles, adversary.n_items, protocol.negatives, protocol.client_loss, users, self._rng
        )

    def upload(self, parameters: Parameters, clients: Tensor) -> ClientGradients:
        """Return the gradients of an honest client with such interactions, and learn."""
        chosen = clients.cpu().numpy()
        if self._resample and self._seen[chosen].any():  # a client's second turn: an epoch has passed
            self._seen[:] = False
            self.population.sample(self._rng)
        self._seen[chosen] = True
        return self.compute(parameters, clients)

    def compute(self, parameters: Parameters, clients: Tensor, learn: bool = True) -> ClientGradients:
        """Return the gradients of some of the clients, and let them learn unless told otherwise."""
        computed = self.population.compute(parameters, clients)
        if learn:
            self.population.learn(clients, computed.users, self._lr)
        assert computed.uploads is not None
        return computed.uploads
