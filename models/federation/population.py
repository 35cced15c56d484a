"""Clients that train: each on samples of its own, with an embedding that never leaves it."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from .clients import Lists, Negatives, interleave
from .network import Pass
from .parameters import Parameters


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
        samples, labels = interleave(self._positives, self._negatives.draw(self._each, rng))
        device = self.users.device
        self._items = torch.from_numpy(samples.items).to(device)
        self._labels = torch.from_numpy(labels).to(device, self.users.dtype)
        self._starts = torch.from_numpy(samples.offsets[:-1]).to(device)
        self.lengths = torch.from_numpy(samples.lengths).to(device)

    def compute(self, parameters: Parameters, clients: Tensor) -> Pass:
        """Return the pass of some clients (int64 ``[k]``, each at most once), in that order."""
        lengths = self.lengths[clients]
        before = lengths.cumsum(0) - lengths
        picks = torch.repeat_interleave(self._starts[clients] - before, lengths)
        picks += torch.arange(len(picks), device=picks.device)
        weights = self.users.new_ones(len(clients))
        if self._loss == "mean":
            weights /= lengths.clamp(min=1)
        items, labels = self._items.index_select(0, picks), self._labels.index_select(0, picks)
        return Pass(parameters, self.users[clients], lengths, items, labels, weights)

    def learn(self, clients: Tensor, gradients: Tensor, lr: float) -> None:
        """Let clients take a step against their embeddings' gradients ``[k, d]``."""
        self.users[clients] -= lr * gradients
