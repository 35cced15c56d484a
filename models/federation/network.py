"""Neural collaborative filtering, forward and backward by hand, for many clients in one batch.

Clients with about as many samples lie side by side in a rectangle ``[clients, samples]``, so that what
belongs to a client (its half of the first layer, the sum of its gradients) needs no index. Numbers are kept
with features first (``[width, clients, samples]``), several times faster in layers this narrow. The first
layer is linear in the concatenation of user and item, so its two halves are computed once per user and
once per item.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from .gradients import ClientGradients, Gradient
from .parameters import Parameters, unpack
from .samples import Samples, rectangles
from .threads import ALONE, Team

TOGETHER = 1 << 14
"""Samples that pass forward and backward together: what stays in a processor's cache."""
LANES = 4
"""Parts in which a large pass is added up, however many threads there are: sums must not depend on those."""


class Pass:
    """One forward and backward pass.

    Args:
        parameters: The global parameters.
        users: ``[clients, d]``: user embeddings.
        samples: What each client trains on.
        weights: ``[clients]``: what the cross-entropy of each one's samples is multiplied by.
        gradients: What will be asked of the global parameters' gradients: their sum, each client's, or neither.
        team: Threads that share the work.
    """

    def __init__(
        self,
        parameters: Parameters,
        users: Tensor,
        samples: Samples,
        weights: Tensor,
        gradients: Literal["total", "uploads", "neither"] = "neither",
        team: Team = ALONE,
    ) -> None:
        """See the class."""
        self._parameters, self._layers, self._users = parameters, parameters.layers(), users
        self._samples, self._weights, self._gradients = samples, weights, gradients
        lengths = samples.lengths.cpu().numpy()
        self._from_user = user_half(parameters, users)
        # Few samples need few of the table's rows.
        self._from_item = item_half(parameters) if lengths.sum() >= parameters.n_items else None
        self._per_user, self._losses = torch.zeros_like(self._from_user), users.new_zeros(len(users))
        if gradients == "uploads":
            self._mlp = users.new_zeros(len(users), len(parameters.mlp))
        groups = rectangles(lengths, TOGETHER)
        self._lanes = team.map(self._lane, [groups[i::LANES] for i in range(min(LANES, len(groups)) or 1)])

    def losses(self) -> Tensor:
        """Return ``[clients]``: each one's mean cross-entropy, unweighted; 0 without samples."""
        return self._losses / self._samples.lengths.clamp(min=1)

    def users(self) -> Tensor:
        """Return ``[clients, d]``: gradients of the user embeddings."""
        return self._per_user.T @ self._layers[0][0][:, : self._users.shape[1]]

    def total(self) -> Gradient:
        """Return the gradient of the global parameters, summed over all samples."""
        assert self._gradients == "total"
        per_item = torch.stack([lane.per_item for lane in self._lanes]).sum(0)
        rest = torch.stack([lane.rest for lane in self._lanes]).sum(0)
        halves = [self._per_user @ self._users, per_item @ self._parameters.items]
        mlp = torch.cat([torch.cat(halves, 1).flatten(), self._per_user.sum(1), rest])
        return Gradient(per_item.T @ self._layers[0][0][:, self._users.shape[1] :], mlp)

    def uploads(self) -> ClientGradients:
        """Return the gradients client by client."""
        assert self._gradients == "uploads"
        none = self._samples.starts[:0]
        parts = [(none, none, self._users[:0]), *(part for lane in self._lanes for part in lane.rows)]
        clients, items, rows = map(torch.cat, zip(*parts, strict=True))
        return ClientGradients(self._parameters.n_items, clients, items, rows, self._mlp)

    def _lane(self, groups: Sequence[tuple[NDArray[np.integer], int]]) -> _Lane:
        lane = _Lane(self._parameters, self._per_user, self._gradients)
        for clients, longest in groups:
            self._pass(lane, torch.from_numpy(clients).to(self._users.device), longest)
        return lane

    def _pass(self, lane: _Lane, clients: Tensor, longest: int) -> None:
        """Pass the samples of some clients through, and keep what is asked for."""
        samples, n = self._samples, len(clients)
        column = torch.arange(longest, device=clients.device)
        real = column < samples.lengths[clients, None]
        picks = (samples.starts[clients, None] + column).clamp_(max=len(samples.items) - 1).view(-1)
        items, labels = samples.items.index_select(0, picks), samples.labels.index_select(0, picks)
        inputs, logits = self._forward(items, clients)
        losses = cross_entropy(logits, labels, reduction="none")
        self._losses[clients] = losses.view(n, longest).mul_(real).sum(1)
        error = logits.sigmoid_().sub_(labels).mul_((real * self._weights[clients, None]).view(-1))
        deltas = self._backward(inputs, error)
        per_user = deltas[0].view(-1, n, longest).sum(2)
        self._per_user[:, clients] = per_user
        if self._gradients == "total":
            lane.add(items, inputs, deltas)
        elif self._gradients == "uploads":
            self._mlp[clients] = self._layers_apart(clients, items, inputs, deltas, per_user)
            lane.rows.append(self._rows_apart(clients, items, real, deltas[0]))

    def _forward(self, items: Tensor, clients: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return what comes out of every hidden layer, ``[width, samples]``, and the logits."""
        if self._from_item is None:
            first = item_half(self._parameters, items)
        else:
            first = self._from_item.index_select(1, items)
        first.view(len(first), len(clients), -1).add_(self._from_user[:, clients, None])
        inputs = [first.relu_()]
        for weight, bias in self._layers[1:-1]:
            inputs.append((weight @ inputs[-1]).add_(bias[:, None]).relu_())
        weight, bias = self._layers[-1]
        return inputs, (weight[0] @ inputs[-1]).add_(bias)

    def _backward(self, inputs: list[Tensor], error: Tensor) -> list[Tensor]:
        """Return the gradients of every layer's sums, ``[width, samples]``."""
        deltas = [error[None]]
        for (weight, _), given in zip(reversed(self._layers[1:]), reversed(inputs), strict=True):
            back = weight.T @ deltas[0]  # ReLU lets through in place: new memory would cost more than the sums
            deltas.insert(0, torch.ops.aten.threshold_backward.grad_input(back, given, 0, grad_input=back))
        return deltas

    def _layers_apart(
        self, clients: Tensor, items: Tensor, inputs: list[Tensor], deltas: list[Tensor], per_user: Tensor
    ) -> Tensor:
        """Return these clients' gradients of the layers: ``[clients, m]``."""
        n = len(clients)
        given = self._parameters.items.index_select(0, items).view(n, -1, self._parameters.items.shape[1])
        apart = [part.view(len(part), n, -1).transpose(0, 1) for part in deltas]  # [clients, width, samples]
        halves = [per_user.T[:, :, None] * self._users[clients, None], apart[0] @ given]
        parts = [torch.cat(halves, 2).flatten(1), per_user.T]
        for delta, before in zip(apart[1:], inputs, strict=True):
            products = delta @ before.view(len(before), n, -1).permute(1, 2, 0)
            parts += [products.flatten(1), delta.sum(2)]
        return torch.cat(parts, 1)

    def _rows_apart(self, clients: Tensor, items: Tensor, real: Tensor, first: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return these clients' gradients of item rows: client, item and ``[rows, d]``, no pair twice."""
        base, width = len(self._parameters.items), self._users.shape[1]
        kept = torch.nonzero(real.view(-1))[:, 0]
        pairs = torch.repeat_interleave(clients, real.shape[1])[kept] * base + items[kept]
        pairs, place = torch.unique(pairs, return_inverse=True)
        summed = first.new_zeros(len(first), len(pairs)).index_add_(1, place, first[:, kept])
        return pairs // base, pairs % base, summed.T @ self._layers[0][0][:, width:]


class _Lane:
    """What a part of a pass adds up, or keeps apart."""

    def __init__(self, parameters: Parameters, like: Tensor, gradients: str) -> None:
        first, total = len(like), gradients == "total"
        self.per_item = like.new_zeros(first, len(parameters.items) if total else 0)
        behind = parameters.sizes[1:]
        self.rest = like.new_zeros(sum((a + 1) * b for a, b in itertools.pairwise(behind)))
        self.rows: list[tuple[Tensor, Tensor, Tensor]] = []
        self._layers = unpack(self.rest, behind)

    def add(self, items: Tensor, inputs: list[Tensor], deltas: list[Tensor]) -> None:
        self.per_item.index_add_(1, items, deltas[0])
        for (weight, bias), delta, given in zip(self._layers, deltas[1:], inputs, strict=True):
            weight.addmm_(delta, given.T)
            bias += delta.sum(1)


def user_half(parameters: Parameters, users: Tensor) -> Tensor:
    """Return what users (``[users, d]``) add to the first layer's sums, its bias included: ``[width, users]``."""
    weight, bias = parameters.layers()[0]
    return torch.addmm(bias[:, None], weight[:, : users.shape[1]], users.T)


def item_half(parameters: Parameters, items: Tensor | None = None) -> Tensor:
    """Return what items (int64 ``[n]``; None: the whole table) add to the first layer's sums: ``[width, n]``."""
    table = parameters.items if items is None else parameters.items.index_select(0, items)
    return parameters.layers()[0][0][:, -table.shape[1] :] @ table.T
