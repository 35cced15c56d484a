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
    """

    def __init__(self, adversary: Adversary, positives: NDArray[np.integer]) -> None:
        from ....models.federation.clients import lists
        from ....models.federation.population import Population

        protocol, seed, model = adversary.protocol, adversary.seed, adversary.model
        users = model.users(len(positives), generator(seed, "users"), adversary.device)
        profiles = lists(positives.astype(np.int64).ravel(), np.full(len(positives), positives.shape[1]))
        self._lr, self._resample, self._seen = protocol.lr, protocol.resample, np.zeros(len(positives), bool)
        self._rng = generator(seed, "negatives")
        self._population = Population(
            model, profiles, adversary.n_items, protocol.negatives, protocol.client_loss, users, self._rng
        )

    def upload(self, parameters: Parameters, clients: Tensor) -> ClientGradients:
        """Return the gradients of an honest client with such interactions, and learn."""
        chosen = clients.cpu().numpy()
        if self._resample and self._seen[chosen].any():  # a client's second turn: an epoch has passed
            self._seen[:] = False
            self._population.sample(self._rng)
        self._seen[chosen] = True
        computed = self._population.compute(parameters, clients)
        self._population.learn(clients, computed.users, self._lr)
        assert computed.uploads is not None
        return computed.uploads
