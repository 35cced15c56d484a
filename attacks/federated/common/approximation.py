"""Poisoned gradients from made-up user embeddings (A-ra and A-hum, Rong et al., IJCAI 2022, equations 7 to 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ....core.seeds import generator
from ....models.federation.adversary import Adversary

if TYPE_CHECKING:
    from torch import Tensor

    from ....models.federation.gradients import ClientGradients
    from ....models.federation.parameters import Parameters


class Approximation:
    """Malicious clients that promote the targets to embeddings they make up, anew in every round.

    A client's loss is the mean over draws p of -log score(p, target), summed over targets or their mean.

    Args:
        adversary: The party behind them.
        draws: Embeddings that a client draws, n; for each target, where targets have their own.
        sigma: Standard deviation of their Gaussian distribution.
        shared: Whether all targets have the same draws (equation 7), or each its own (equation 10).
        mean: Whether losses are a mean over targets instead of a sum, in mining too.
        steps: Steps of hard user mining, β; 0 mines none.
        step_size: Their size, ξ.
    """

    def __init__(
        self,
        adversary: Adversary,
        draws: int,
        sigma: float,
        shared: bool,
        mean: bool,
        steps: int = 0,
        step_size: float = 0.0,
    ) -> None:
        """See the class."""
        targets = adversary.targets.astype(np.int64)
        # A row for each embedding that a client draws: the targets it is for.
        self._aims = np.tile(targets, (draws, 1)) if shared else np.repeat(targets, draws)[:, None]
        self._scale, self._draws = 1 / len(targets) if mean else 1.0, draws
        self._sigma, self._steps, self._step_size = sigma, steps, step_size
        self._device, self._rng = adversary.device, generator(adversary.seed, "draws")

    def upload(self, parameters: Parameters, clients: Tensor) -> ClientGradients:
        """Return the gradients of each client's loss."""
        import torch

        from ....models.federation.network import Pass
        from ....models.federation.samples import Samples

        each, aims = self._aims.shape
        drawn = self._rng.normal(0.0, self._sigma, (len(clients) * each, parameters.items.shape[1]))
        users = torch.from_numpy(drawn).to(self._device, parameters.items.dtype)
        items = torch.from_numpy(np.tile(self._aims.ravel(), len(clients))).to(self._device)
        starts = torch.arange(0, len(items), aims, device=items.device)
        lengths, weights = torch.full_like(starts, aims), users.new_full((len(users),), self._scale)
        positive = users.new_ones(len(items))
        negatives, positives = (Samples(items, y, starts, lengths) for y in (torch.zeros_like(positive), positive))
        for _ in range(self._steps):
            # -log(1 - score) is the cross-entropy of a negative, each embedding's own.
            users = users - self._step_size * Pass(parameters, users, negatives, weights).users()
        return Pass(parameters, users, positives, weights / self._draws, "uploads").uploads().joined(each)
