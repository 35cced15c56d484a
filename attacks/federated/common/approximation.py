"""Poisoned gradients from made-up user embeddings (A-ra and A-hum, Rong et al., IJCAI 2022, equations 7 to 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ....core.seeds import generator
from ... import Adversary

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from ....models import FederatedModel
    from ....models.federation.gradients import ClientGradients
    from ....models.federation.parameters import Parameters
    from ....models.federation.samples import Samples


class Approximation:
    """Malicious clients that promote the targets to embeddings they make up, anew in every round.

    A client's loss is the mean over draws p of -log score(p, target), summed over targets or their mean.

    Args:
        adversary: The attacker behind them.
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
        targets = adversary.targets.astype(np.int64)
        # A row for each embedding that a client draws: the targets it is for.
        self._targets = np.tile(targets, (draws, 1)) if shared else np.repeat(targets, draws)[:, None]
        self._scale, self._draws = 1 / len(targets) if mean else 1.0, draws
        self._sigma, self._steps, self._step_size = sigma, steps, step_size
        self._model, self._device = adversary.model, adversary.device
        self._rng = generator(adversary.seed, "draws")

    def upload(self, parameters: Parameters, clients: Tensor) -> ClientGradients:
        """Return the gradients of each client's loss."""
        import torch

        drawn = self._rng.normal(0.0, self._sigma, (len(clients) * len(self._targets), self._model.user_width))
        users = torch.from_numpy(drawn).to(self._device, parameters.items.dtype)
        users = mined(self._model, parameters, users, self._targets, self._scale, 0.0, self._steps, self._step_size)
        return promoted(self._model, parameters, users, self._targets, self._scale / self._draws)


def pairs(users: Tensor, targets: NDArray[np.int64], label: float) -> Samples:
    """Return a sample of every embedding and each target that it is for.

    Args:
        users: ``[clients * each, user width]``: embeddings, ``each`` for every client.
        targets: int64 ``[each, targets]``: what each of a client's embeddings is for.
        label: Of every sample.
    """
    import torch

    from ....models.federation.samples import Samples

    each, wide = targets.shape
    items = torch.from_numpy(np.tile(targets.ravel(), len(users) // each)).to(users.device)
    starts = torch.arange(0, len(items), wide, device=items.device)
    return Samples(items, users.new_full((len(items),), label), starts, torch.full_like(starts, wide))


def mined(
    model: FederatedModel,
    parameters: Parameters,
    users: Tensor,
    targets: NDArray[np.int64],
    weight: float,
    label: float,
    steps: int,
    step_size: float,
) -> Tensor:
    """Return embeddings that were moved by steps against the cross-entropy of their targets with a label.

    Args:
        model: What is trained.
        parameters: The round's global parameters.
        users: ``[clients * each, user width]``: embeddings, ``each`` for every client.
        targets: int64 ``[each, targets]``: what each of a client's embeddings is for.
        weight: Of the cross-entropy.
        label: 0 for users to whom the targets become negatives, 1 for positives.
        steps: How many.
        step_size: Their size.
    """
    samples, weights = pairs(users, targets, label), users.new_full((len(users),), weight)
    for _ in range(steps):
        users = users - step_size * model.local_gradients(parameters, users, samples, weights, "users").users
    return users


def promoted(
    model: FederatedModel,
    parameters: Parameters,
    users: Tensor,
    targets: NDArray[np.int64],
    weight: float,
    label: float = 1.0,
) -> ClientGradients:
    """Return the gradients of each client's sum of the targets' cross-entropy, -log score(target), times a weight.

    Args:
        model: What is trained.
        parameters: The round's global parameters.
        users: ``[clients * each, user width]``: embeddings, ``each`` for every client.
        targets: int64 ``[each, targets]``: what each of a client's embeddings is for.
        weight: The weight.
        label: 1; with 0 the targets are kept from the embeddings: -log(1 - score(target)).
    """
    # Every embedding is a client of its own first.
    weights = users.new_full((len(users),), weight)
    found = model.local_gradients(parameters, users, pairs(users, targets, label), weights, "uploads")
    assert found.uploads is not None
    return found.uploads.joined(len(targets))
