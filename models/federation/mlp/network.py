"""The perceptron's gradients, forward and backward by hand, for many clients in one batch.

Clients with about as many samples lie side by side in a rectangle ``[clients, samples]``, so that what
belongs to a client (its half of the first layer, the sum of its gradients) needs no index. Numbers are kept
with features first (``[width, clients, samples]``), several times faster in layers this narrow. The first
layer is linear in the concatenation of user and item, so its two halves are computed once per user and
once per item.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from ..gradients import ClientGradients, Gradient, LocalGradients, Wanted, distinct
from ..parameters import Parameters, unpack
from ..samples import PARTS, TOGETHER, Samples, rectangles
from ..threads import SERIAL, ThreadPool
from .layers import item_half, layers, user_half


def local_gradients(
    parameters: Parameters,
    users: Tensor,
    samples: Samples,
    weights: Tensor,
    wanted: Wanted = "total",
    pool: ThreadPool = SERIAL,
) -> LocalGradients:
    """Compute what some clients' samples give; see ``FederatedModel.local_gradients``."""
    return _Pass(parameters, users, samples, weights, wanted, pool).result()


class _Pass:
    """One forward and backward pass: ``[width, ...]`` are widths of the first layer unless said otherwise."""

    def __init__(
        self,
        parameters: Parameters,
        users: Tensor,
        samples: Samples,
        weights: Tensor,
        wanted: Wanted,
        pool: ThreadPool,
    ) -> None:
        self._parameters, self._layers, self._users = parameters, layers(parameters.named()), users
        self._samples, self._weights, self._wanted = samples, weights, wanted
        lengths = samples.lengths.cpu().numpy()
        self._from_user = user_half(self._layers[0], users)
        # Few samples need few of the table's rows.
        whole = lengths.sum() >= parameters.n_items
        self._from_item = item_half(self._layers[0], parameters) if whole else None
        self._per_user, self._losses = torch.zeros_like(self._from_user), users.new_zeros(len(users))
        if wanted == "uploads":
            self._others = users.new_zeros(len(users), len(parameters.others))
        groups = rectangles(lengths, TOGETHER)
        self._parts = pool.map(self._part, [groups[i::PARTS] for i in range(min(PARTS, len(groups)) or 1)])

    def result(self) -> LocalGradients:
        """Return what was asked for."""
        losses = self._losses / self._samples.lengths.clamp(min=1)
        users = self._per_user.T @ self._layers[0][0][:, : self._users.shape[1]]
        if self._wanted == "total":
            return LocalGradients(losses, users, total=self._total())
        return LocalGradients(losses, users, uploads=self._uploads() if self._wanted == "uploads" else None)

    def _total(self) -> Gradient:
        # The first layer's weight meets each user and each item once, with the sum of their slopes.
        per_item = torch.stack([part.per_item for part in self._parts]).sum(0)
        rest = torch.stack([part.rest for part in self._parts]).sum(0)
        halves = [self._per_user @ self._users, per_item @ self._parameters.items]
        others = torch.cat([torch.cat(halves, 1).flatten(), self._per_user.sum(1), rest])
        return Gradient(per_item.T @ self._layers[0][0][:, self._users.shape[1] :], others)

    def _uploads(self) -> ClientGradients:
        none = self._samples.starts[:0]
        rows = [(none, none, self._users[:0]), *(rows for part in self._parts for rows in part.rows)]
        clients, items, slopes = map(torch.cat, zip(*rows, strict=True))
        return ClientGradients(self._parameters.n_items, clients, items, slopes, self._others)

    def _part(self, groups: Sequence[tuple[NDArray[np.integer], int]]) -> _Part:
        part = _Part(self._parameters, self._per_user, self._wanted)
        for clients, longest in groups:
            self._pass(part, torch.from_numpy(clients).to(self._users.device), longest)
        return part

    def _pass(self, part: _Part, clients: Tensor, longest: int) -> None:
        """Pass the samples of some clients through, and keep what is asked for."""
        n = len(clients)
        real, items, labels = self._samples.rectangle(clients, longest)
        inputs, logits = self._forward(items, clients)
        losses = cross_entropy(logits, labels, reduction="none")
        self._losses[clients] = losses.view(n, longest).mul_(real).sum(1)
        # Cross-entropy's slope by the logit is σ(logit) - label; padding has none.
        error = logits.sigmoid_().sub_(labels).mul_((real * self._weights[clients, None]).view(-1))
        deltas = self._backward(inputs, error)
        per_user = deltas[0].view(-1, n, longest).sum(2)
        self._per_user[:, clients] = per_user
        if self._wanted == "total":
            part.add(items, inputs, deltas)
        elif self._wanted == "uploads":
            self._others[clients] = self._layers_apart(clients, items, inputs, deltas, per_user)
            part.rows.append(self._rows_apart(clients, items, real, deltas[0]))

    def _forward(self, items: Tensor, clients: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return what comes out of every hidden layer, ``[its width, samples]``, and the logits."""
        if self._from_item is None:
            first = item_half(self._layers[0], self._parameters, items)
        else:
            first = self._from_item.index_select(1, items)
        first.view(len(first), len(clients), -1).add_(self._from_user[:, clients, None])
        inputs = [first.relu_()]
        for weight, bias in self._layers[1:-1]:
            inputs.append((weight @ inputs[-1]).add_(bias[:, None]).relu_())
        weight, bias = self._layers[-1]
        return inputs, (weight[0] @ inputs[-1]).add_(bias)

    def _backward(self, inputs: list[Tensor], error: Tensor) -> list[Tensor]:
        """Return the slopes of every layer's sums, ``[its width, samples]``."""
        deltas = [error[None]]
        for (weight, _), given in zip(reversed(self._layers[1:]), reversed(inputs), strict=True):
            back = weight.T @ deltas[0]  # ReLU lets through in place: new memory would cost more than the sums
            deltas.insert(0, torch.ops.aten.threshold_backward.grad_input(back, given, 0, grad_input=back))
        return deltas

    def _layers_apart(
        self, clients: Tensor, items: Tensor, inputs: list[Tensor], deltas: list[Tensor], per_user: Tensor
    ) -> Tensor:
        """Return these clients' gradients of the layers: ``[clients, m]``, weight and bias of each in turn."""
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
        """Return these clients' gradients of item rows: client, item and ``[rows, d]``, no pair twice.

        Slopes ``[width, samples]`` are added up before they meet the weight: a product for each pair only.
        """
        base, width = len(self._parameters.items), self._users.shape[1]
        owners = clients.sort()
        nth = torch.empty_like(clients)
        nth[owners.indices] = torch.arange(len(clients), device=clients.device)
        own = items.view(real.shape)
        own = torch.where(real, own, own[:, :1])  # padding, whose slopes are zero, goes to the client's first item
        pairs, place = distinct((nth[:, None] * base + own).view(-1), len(clients) * base)
        summed = first.new_zeros(len(first), len(pairs)).index_add_(1, place, first)
        return owners.values[pairs // base], pairs % base, summed.T @ self._layers[0][0][:, width:]


class _Part:
    """What a part of a pass adds up, or keeps apart.

    Attributes:
        per_item: ``[width, n_items + 1]``: slopes of the first layer's sums, added up by item.
        rest: ``[...]``: gradients of the layers behind the first, in the order of ``Parameters.others``.
        rows: Client, item and gradient of item rows, a triple for each rectangle.
    """

    def __init__(self, parameters: Parameters, like: Tensor, wanted: Wanted) -> None:
        self.per_item = like.new_zeros(len(like), len(parameters.items) if wanted == "total" else 0)
        behind = dict(list(parameters.shapes.items())[2:])
        first = sum(part.numel() for part in list(parameters.named().values())[:2])
        self.rest = like.new_zeros(len(parameters.others) - first)
        self.rows: list[tuple[Tensor, Tensor, Tensor]] = []
        named = list(unpack(self.rest, behind).values())
        self._layers = list(zip(named[::2], named[1::2], strict=True))

    def add(self, items: Tensor, inputs: list[Tensor], deltas: list[Tensor]) -> None:
        self.per_item.index_add_(1, items, deltas[0])
        for (weight, bias), delta, given in zip(self._layers, deltas[1:], inputs, strict=True):
            weight.addmm_(delta, given.T)
            bias += delta.sum(1)
