"""Clients that train: each on samples of its own, with an embedding that never leaves it."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from .clients import Lists, Negatives, interleave
from .network import Pass
from .parameters import Parameters
from .samples import Samples
from .threads import ALONE, Team


class Population:
    """Some clients, benign or pretending to be.

    Args:
        positives: Each client's positives, as they are to be repeated in an epoch.
        n_items: Number of items.
        negatives: Negatives for each positive.
        loss: Whether a client minimises the mean or the sum over its samples.
        users: ``[clients, d]``: the clients' embeddings as they start.
        rng: Draws the negatives.

    Attributes:
        users: ``[clients, d]``: the embeddings now.
        samples: What the clients train on.
    """

    def __init__(
        self,
        positives: Lists,
        n_items: int,
        negatives: int,
        loss: Literal["mean", "sum"],
        users: Tensor,
        rng: np.random.Generator,
    ) -> None:
        """See the class."""
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
        gradients: Literal["total", "uploads"] = "uploads",
        team: Team = ALONE,
    ) -> Pass:
        """Return the pass of some clients (int64 ``[k]``, each at most once), in that order; arguments as there."""
        samples = self.samples.of(clients)
        weights = self.users.new_ones(len(clients))
        if self._loss == "mean":
            weights /= samples.lengths.clamp(min=1)
        return Pass(parameters, self.users[clients], samples, weights, gradients, team)

    def learn(self, clients: Tensor, gradients: Tensor, lr: float) -> None:
        """Let clients take a step against their embeddings' gradients ``[k, d]``."""
        self.users[clients] -= lr * gradients
