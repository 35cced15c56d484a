"""Poisoned gradients from made-up user embeddings (A-ra and A-hum, Rong et al., IJCAI 2022, equations 7 to 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...core.seeds import generator
from ...models.federation.adversary import Adversary

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients
    from ...models.federation.parameters import Parameters


class Approximation:
    """Malicious clients that promote the targets to embeddings they make up, anew in every round.

    A client's loss is the sum over targets of the mean over draws of -log score(p, target).

    Args:
        adversary: The party behind them.
        draws: Embeddings per target, n.
        sigma: Standard deviation of their Gaussian distribution.
        shared: Whether all targets have the same draws (equation 7), or each its own (equation 10).
        steps: Steps of hard user mining, β; 0 mines none.
        step_size: Their size, ξ.
    """

    def __init__(
        self,
        adversary: Adversary,
        draws: int,
        sigma: float,
        shared: bool,
        steps: int = 0,
        step_size: float = 0.0,
    ) -> None:
        """See the class."""
        self._draws, self._sigma, self._shared = draws, sigma, shared
        self._steps, self._step_size = steps, step_size
        self._targets, self._device = adversary.targets.astype(np.int64), adversary.device
        self._rng = generator(adversary.seed, "draws")

    def upload(self, parameters: Parameters, clients: Tensor) -> ClientGradients:
        """Return the gradients of each client's loss."""
        import torch

        from ...models.federation.network import Pass

        n, targets = len(clients), len(self._targets)
        width = parameters.items.shape[1]
        drawn = self._rng.normal(0.0, self._sigma, (n, 1 if self._shared else targets, self._draws, width))
        drawn = np.repeat(drawn, targets, 1) if self._shared else drawn
        users = torch.from_numpy(drawn.reshape(-1, width)).to(self._device, parameters.items.dtype)
        items = torch.from_numpy(np.tile(np.repeat(self._targets, self._draws), n)).to(self._device)
        one = torch.ones_like(items)  # a sample for each embedding
        labels = users.new_ones(len(users))
        for _ in range(self._steps):
            # -log(1 - score) is the cross-entropy of a negative, each embedding's own.
            mined = Pass(parameters, users, one, items, torch.zeros_like(labels), labels)
            users = users - self._step_size * mined.users()
        computed = Pass(parameters, users, one, items, labels, labels / self._draws)
        return computed.uploads(each=targets * self._draws)
