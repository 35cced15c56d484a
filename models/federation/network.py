"""Neural collaborative filtering, forward and backward by hand, for many clients in one batch.

Samples of all clients lie one after the other, whatever their number: nothing is padded. Numbers
are kept with features first (``[width, samples]``), several times faster in layers this narrow. The
first layer is linear in the concatenation of user and item, so its two halves are computed once
per user and once per item.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .gradients import ClientGradients, Gradient
from .parameters import Parameters

BLOCK = 32
"""Samples of one client that are multiplied together; clients' lengths are rounded up to it."""


class Pass:
    """One forward and backward pass; what comes out of it is computed on demand from what was kept.

    Args:
        parameters: The global parameters.
        users: ``[embeddings, d]``: user embeddings.
        lengths: int64 ``[embeddings]``: samples of each; they lie one after the other.
        items: int64 ``[samples]``: item ids from 1.
        labels: ``[samples]``: 1 for positives, 0 for negatives.
        weights: ``[embeddings]``: what the cross-entropy of each one's samples is multiplied by.

    Attributes:
        logits: ``[samples]``: scores before the sigmoid.
    """

    def __init__(
        self, parameters: Parameters, users: Tensor, lengths: Tensor, items: Tensor, labels: Tensor, weights: Tensor
    ) -> None:
        """See the class."""
        self._parameters, self._users, self._items, self._labels = parameters, users, items, labels
        self._lengths = lengths
        self._owner = torch.repeat_interleave(torch.arange(len(users), device=items.device), lengths)
        self._layers = layers = parameters.layers()
        from_user, from_item = first_layer(parameters, users, items if len(items) < parameters.n_items else None)
        if len(items) >= parameters.n_items:
            from_item = from_item.index_select(1, items)
        self._inputs = [from_item.add_(from_user.index_select(1, self._owner)).relu_()]
        for weight, bias in layers[1:-1]:
            self._inputs.append(torch.addmm(bias[:, None], weight, self._inputs[-1]).relu_())
        weight, bias = layers[-1]
        self.logits = weight[0] @ self._inputs[-1] + bias
        self._deltas = self._backward(weights)

    def losses(self) -> Tensor:
        """Return ``[embeddings]``: each one's mean cross-entropy, unweighted; 0 without samples."""
        each = torch.nn.functional.binary_cross_entropy_with_logits(self.logits, self._labels, reduction="none")
        return sums_of_runs(each[None], self._lengths)[0] / self._lengths.clamp(min=1)

    def users(self) -> Tensor:
        """Return ``[embeddings, d]``: gradients of the user embeddings."""
        return self._per_user().T @ self._layers[0][0][:, : self._users.shape[1]]

    def total(self) -> Gradient:
        """Return the gradient of the global parameters, summed over all samples."""
        table, width = self._parameters.items, self._users.shape[1]
        first = self._deltas[0]
        per_item = first.new_zeros(len(first), len(table)).index_add_(1, self._items, first)
        halves = [self._per_user() @ self._users, per_item @ table]
        parts = [torch.cat(halves, 1).flatten(), first.sum(1)]
        for delta, given in zip(self._deltas[1:], self._inputs, strict=True):
            parts += [(delta @ given.T).flatten(), delta.sum(1)]
        return Gradient(per_item.T @ self._layers[0][0][:, width:], torch.cat(parts))

    def uploads(self, each: int = 1) -> ClientGradients:
        """Return the gradients client by client.

        Args:
            each: Successive embeddings that belong to one client.
        """
        n_clients, n_items = len(self._users) // each, self._parameters.n_items
        client = self._owner // each
        pairs, place = torch.unique(client * (n_items + 1) + self._items, return_inverse=True)
        first = self._deltas[0]
        per_pair = first.new_zeros(len(first), len(pairs)).index_add_(1, place, first)
        rows = per_pair.T @ self._layers[0][0][:, self._users.shape[1] :]
        return ClientGradients(n_items, pairs // (n_items + 1), pairs % (n_items + 1), rows, self._mlp(n_clients, each))

    def _backward(self, weights: Tensor) -> list[Tensor]:
        error = torch.sigmoid(self.logits).sub_(self._labels).mul_(weights.index_select(0, self._owner))
        deltas = [error[None]]
        for (weight, _), given in zip(reversed(self._layers[1:]), reversed(self._inputs), strict=True):
            back = weight.T @ deltas[0]  # ReLU lets through in place: new memory would cost more than the sums
            deltas.insert(0, torch.ops.aten.threshold_backward.grad_input(back, given, 0, grad_input=back))
        return deltas

    def _per_user(self) -> Tensor:
        return sums_of_runs(self._deltas[0], self._lengths)

    def _mlp(self, n_clients: int, each: int) -> Tensor:
        """Return ``[clients, m]``, from products of blocks of ``BLOCK`` samples, of which none spans two clients."""
        lengths = self._lengths.view(n_clients, each).sum(1)
        blocks = (lengths + BLOCK - 1) // BLOCK
        owner = torch.repeat_interleave(torch.arange(n_clients, device=lengths.device), blocks)
        nth = torch.arange(len(owner), device=lengths.device) - (blocks.cumsum(0) - blocks)[owner]
        within = nth[:, None] * BLOCK + torch.arange(BLOCK, device=lengths.device)
        start = (lengths.cumsum(0) - lengths)[owner, None]
        inside = within < lengths[owner, None]
        picks = ((start + within) * inside).flatten()
        inside = inside.to(self.logits.dtype)
        parts = []
        for delta, given in zip(self._deltas, [self._concatenation(), *self._inputs], strict=True):
            left = delta.index_select(1, picks).view(len(delta), len(owner), BLOCK) * inside
            right = given.index_select(1, picks).view(len(given), len(owner), BLOCK)
            products = torch.einsum("obk,ibk->boi", left, right).flatten(1)
            both = torch.cat([products, left.sum(2).T], 1)
            parts.append(both.new_zeros(n_clients, both.shape[1]).index_add_(0, owner, both))
        return torch.cat(parts, 1)

    def _concatenation(self) -> Tensor:
        halves = [self._users.index_select(0, self._owner), self._parameters.items.index_select(0, self._items)]
        return torch.cat(halves, 1).T.contiguous()


def sums_of_runs(values: Tensor, lengths: Tensor) -> Tensor:
    """Return ``[width, runs]``: sums of ``[width, samples]`` over runs of such lengths, which may be 0."""
    sums = values.new_zeros(len(values), len(lengths))
    if values.device.type != "cpu":
        owner = torch.repeat_interleave(torch.arange(len(lengths), device=values.device), lengths)
        return sums.index_add_(1, owner, values)
    # Adding by index is far slower here: every sum would wait for the one before it.
    filled = np.flatnonzero(lengths.numpy())
    if len(filled):
        starts = (lengths.cumsum(0) - lengths).numpy()[filled]
        sums[:, torch.from_numpy(filled)] = torch.from_numpy(np.add.reduceat(values.numpy(), starts, axis=1))
    return sums


def first_layer(parameters: Parameters, users: Tensor, items: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the first layer's two summands: ``[width, users]``, bias included, and ``[width, items]``.

    Args:
        parameters: The global parameters.
        users: ``[users, d]``.
        items: int64 ``[items]``, or None for the whole table, padding included.
    """
    weight, bias = parameters.layers()[0]
    width = users.shape[1]
    table = parameters.items if items is None else parameters.items.index_select(0, items)
    return torch.addmm(bias[:, None], weight[:, :width], users.T), weight[:, width:] @ table.T
