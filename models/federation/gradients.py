"""What clients upload, and what the server makes of it: item rows held sparsely, layers as one vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

CELLS = 1 << 24
"""Numbers held at once where a part of the uploads is written out densely: 64 MiB in float32."""


@dataclass(frozen=True, eq=False)
class Gradient:
    """A gradient of the global parameters.

    Attributes:
        items: ``[n_items + 1, d]``; row 0 is padding and zero.
        mlp: ``[m]``, in the order of ``Parameters.mlp``.
    """

    items: Tensor
    mlp: Tensor

    def __add__(self, other: Gradient) -> Gradient:
        return Gradient(self.items + other.items, self.mlp + other.mlp)

    def __mul__(self, factor: float) -> Gradient:
        return Gradient(self.items * factor, self.mlp * factor)


@dataclass(frozen=True, eq=False)
class ClientGradients:
    """The gradients of a round's clients, one by one; an item row that a client doesn't list is zero.

    Attributes:
        n_items: Number of items, padding not counted.
        clients: int64 ``[rows]``: the client that uploads each item row, counted from 0 within the round.
        items: int64 ``[rows]``: the row's item; no pair of client and item stands here twice.
        rows: ``[rows, d]``: the gradients of the item rows.
        mlp: ``[clients, m]``: the gradients of the layers, in the order of ``Parameters.mlp``.
    """

    n_items: int
    clients: Tensor
    items: Tensor
    rows: Tensor
    mlp: Tensor

    def __len__(self) -> int:
        return len(self.mlp)

    def total(self) -> Gradient:
        """Return the sum over clients."""
        return Gradient(self._table(self.rows), self.mlp.sum(0))

    def weighted(self, weights: Tensor) -> Gradient:
        """Return the sum over clients of each one's gradient times its weight (``[clients]``)."""
        return Gradient(self._table(self.rows * weights[self.clients, None]), weights @ self.mlp)

    def of(self, client: int) -> Gradient:
        """Return one client's gradient."""
        chosen = self.clients == client
        table = self.rows.new_zeros(self.n_items + 1, self.rows.shape[1])
        table[self.items[chosen]] = self.rows[chosen]
        return Gradient(table, self.mlp[client])

    def squared_norms(self) -> Tensor:
        """Return ``[clients]``: squared Euclidean norms, item rows and layers together."""
        norms = self.mlp.square().sum(1)
        return norms.index_add_(0, self.clients, self.rows.square().sum(1))

    def squared_distances(self) -> Tensor:
        """Return float64 ``[clients, clients]``: squared Euclidean distances between gradients.

        Products with themselves and with each other cancel where clients upload much the same,
        which single precision would not survive.
        """
        n, width = len(self), self.rows.shape[1]
        mlp = self.mlp.double()
        products = mlp @ mlp.T
        norms = products.diagonal().clone().index_add_(0, self.clients, self.rows.double().square().sum(1))
        # An item that a single client lists adds to that client's norm and to no product.
        shared = torch.bincount(self.items, minlength=self.n_items + 1) > 1
        for items in torch.split(torch.nonzero(shared)[:, 0], max(1, CELLS // max(1, n * width))):
            chosen, place = self._places(items)
            dense = mlp.new_zeros(n, len(items), width)
            dense[self.clients[chosen], place] = self.rows[chosen].double()
            products.addmm_(dense.flatten(1), dense.flatten(1).T)
        products = (products + products.T) / 2  # the library's sums need not be the same on both sides
        products.diagonal().copy_(norms)
        return (norms[:, None] + norms - 2 * products).clamp_(min=0)

    def dense(self, items: Tensor) -> Tensor:
        """Return ``[items, d, clients]``: the gradients of some item rows, zeros written out."""
        chosen, place = self._places(items)
        dense = self.rows.new_zeros(len(items), len(self), self.rows.shape[1])
        dense[place, self.clients[chosen]] = self.rows[chosen]
        return dense.transpose(1, 2).contiguous()

    def reorder(self, order: Tensor) -> ClientGradients:
        """Return the same uploads, client ``order[k]`` now standing at ``k``."""
        place = torch.empty_like(order)
        place[order] = torch.arange(len(order), device=order.device)
        return ClientGradients(self.n_items, place[self.clients], self.items, self.rows, self.mlp[order])

    def joined(self, each: int) -> ClientGradients:
        """Return uploads of clients that stand for ``each`` successive ones of these: their sums."""
        base = self.n_items + 1
        pairs, place = torch.unique(self.clients // each * base + self.items, return_inverse=True)
        rows = self.rows.new_zeros(len(pairs), self.rows.shape[1]).index_add_(0, place, self.rows)
        mlp = self.mlp.view(-1, each, self.mlp.shape[1]).sum(1)
        return ClientGradients(self.n_items, pairs // base, pairs % base, rows, mlp)

    @staticmethod
    def concatenate(parts: Sequence[ClientGradients]) -> ClientGradients:
        """Join the uploads of several groups of clients, in their order."""
        clients, before = [], 0
        for part in parts:
            clients.append(part.clients + before)
            before += len(part)
        return ClientGradients(
            parts[0].n_items,
            torch.cat(clients),
            torch.cat([part.items for part in parts]),
            torch.cat([part.rows for part in parts]),
            torch.cat([part.mlp for part in parts]),
        )

    def _places(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return which rows are of some items, and each one's place among these."""
        place = self.items.new_full((self.n_items + 1,), -1)
        place[items] = torch.arange(len(items), device=items.device)
        found = place[self.items]
        chosen = torch.nonzero(found >= 0)[:, 0]
        return chosen, found[chosen]

    def _table(self, rows: Tensor) -> Tensor:
        table = rows.new_zeros(self.n_items + 1, rows.shape[1])
        return table.index_add_(0, self.items, rows)
