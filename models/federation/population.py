"""Clients that train: each on samples of its own, with an embedding that never leaves it."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from .. import FederatedModel
from .clients import Lists, Negatives, interleave
from .gradients import LocalGradients, Wanted
from .parameters import Parameters
from .samples import Samples
from .threads import SERIAL, ThreadPool


class Population:
    """Some clients, benign or pretending to be.

    Args:
        model: What they train.
        positives: Each client's positives, as they are to be repeated in an epoch.
        n_items: Number of items.
        negatives: Negatives for each positive.
        loss: Whether a client minimises the mean or the sum over its samples.
        users: ``[clients, user width]``: the clients' embeddings as they start.
        rng: Draws the negatives.

    Attributes:
        users: ``[clients, user width]``: the embeddings now.
        samples: What the clients train on.
    """

    def __init__(
        self,
        model: FederatedModel,
        positives: Lists,
        n_items: int,
        negatives: int,
        loss: Literal["mean", "sum"],
        users: Tensor,
        rng: np.random.Generator,
    ) -> None:
        self._model = model
        self._positives, self._each, self._loss = positives, negatives, loss
        self._negatives = Negatives(positives, n_items)
        self.users = users
        self.sample(rng)

    def sample(self, rng: np.random.Generator) -> None:
        """Draw all clients' negatives anew."""
        drawn, labels = interleave(self._positives, self._negatives.draw(self._each, rng))
        device = self.users.device
        items, starts, lengths = (
            torch.from_numpy(a).to(device) for a in (drawn.items, drawn.offsets[:-1], drawn.lengths)
        )
        self.samples = Samples(items, torch.from_numpy(labels).to(device, self.users.dtype), starts, lengths)

    def compute(
        self,
        parameters: Parameters,
        clients: Tensor,
        wanted: Wanted = "uploads",
        pool: ThreadPool = SERIAL,
    ) -> LocalGradients:
        """Return what some clients compute, in that order.

        Args:
            parameters: The round's global parameters.
            clients: int64 ``[k]``: each client at most once.
            wanted: Which gradients.
            pool: Threads that share the work.
        """
        samples = self.samples.of(clients)
        weights = self.users.new_ones(len(clients))
        if self._loss == "mean":
            weights /= samples.lengths.clamp(min=1)
        return self._model.local_gradients(parameters, self.users[clients], samples, weights, wanted, pool)

    def learn(self, clients: Tensor, gradients: Tensor, lr: float) -> None:
        """Let clients take a step against their embeddings' gradients ``[k, user width]``."""
        self.users[clients] -= lr * gradients
