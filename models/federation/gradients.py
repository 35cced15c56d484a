"""What clients compute and upload, and what the server makes of it: item rows sparse, all else one vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

CELLS = 1 << 24
"""Numbers held at once where a part of the uploads is written out densely: 64 MiB in float32."""
SPARSE = 32
"""A table with so many cells for each entry is not written out to find out which entries are the same."""
Wanted = Literal["total", "uploads", "users"]
"""Which gradients are asked for: users' embeddings, and with them the global parameters' sum, or each client's."""


@dataclass(frozen=True, eq=False)
class Gradient:
    """A gradient of the global parameters.

    Attributes:
        items: ``[n_items + 1, d]``; row 0 is padding and zero.
        others: ``[m]``, in the order of ``Parameters.others``.
    """

    items: Tensor
    others: Tensor

    def __add__(self, other: Gradient) -> Gradient:
        return Gradient(self.items + other.items, self.others + other.others)

    def __mul__(self, factor: float) -> Gradient:
        return Gradient(self.items * factor, self.others * factor)


@dataclass(frozen=True, eq=False)
class ClientGradients:
    """The gradients of a round's clients, one by one; an item row that a client doesn't list is zero.

    Attributes:
        n_items: Number of items, padding not counted.
        clients: int64 ``[rows]``: the client that uploads each item row, counted from 0 within the round.
        items: int64 ``[rows]``: the row's item; no pair of client and item stands here twice.
        rows: ``[rows, d]``: the gradients of the item rows.
        others: ``[clients, m]``: the gradients of all else, in the order of ``Parameters.others``.
    """

    n_items: int
    clients: Tensor
    items: Tensor
    rows: Tensor
    others: Tensor

    def __len__(self) -> int:
        return len(self.others)

    def total(self) -> Gradient:
        """Return the sum over clients."""
        return Gradient(self._table(self.rows), self.others.sum(0))

    def weighted(self, weights: Tensor) -> Gradient:
        """Return the sum over clients of each one's gradient times its weight (``[clients]``)."""
        return self.scaled(weights[self.clients], weights)

    def scaled(self, rows: Tensor, others: Tensor) -> Gradient:
        """Return the sum with a weight for each item row (``[rows]``) and one for all else of each client."""
        return Gradient(self._table(self.rows * rows[:, None]), others @ self.others)

    def of(self, client: int) -> Gradient:
        """Return one client's gradient."""
        chosen = self.clients == client
        table = self.rows.new_zeros(self.n_items + 1, self.rows.shape[1])
        table[self.items[chosen]] = self.rows[chosen]
        return Gradient(table, self.others[client])

    def squared_norms(self) -> Tensor:
        """Return ``[clients]``: squared Euclidean norms, item rows and all else together."""
        norms = self.others.square().sum(1)
        return norms.index_add_(0, self.clients, self.rows.square().sum(1))

    def squared_distances(self) -> Tensor:
        """Return float64 ``[clients, clients]``: squared Euclidean distances between gradients.

        Products with themselves and with each other cancel where clients upload much the same,
        which single precision would not survive.
        """
        n, width = len(self), self.rows.shape[1]
        others = self.others.double()
        products = others @ others.T
        norms = products.diagonal().clone().index_add_(0, self.clients, self.rows.double().square().sum(1))
        # An item that a single client lists adds to that client's norm and to no product.
        shared = torch.bincount(self.items, minlength=self.n_items + 1) > 1
        for items in torch.split(torch.nonzero(shared)[:, 0], max(1, CELLS // max(1, n * width))):
            chosen, place = self._places(items)
            dense = others.new_zeros(n, len(items), width)
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
        return ClientGradients(self.n_items, place[self.clients], self.items, self.rows, self.others[order])

    def joined(self, each: int) -> ClientGradients:
        """Return uploads of clients that stand for ``each`` successive ones of these: their sums."""
        merged = merge_rows(self.n_items, self.clients // each, self.items, self.rows)
        others = self.others.view(len(self) // each, each, self.others.shape[1]).sum(1)
        return ClientGradients(self.n_items, *merged, others)

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
            torch.cat([part.others for part in parts]),
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


@dataclass(frozen=True, eq=False)
class LocalGradients:
    """What some clients compute in a round.

    Attributes:
        losses: ``[clients]``: each one's mean cross-entropy, unweighted; 0 without samples.
        users: ``[clients, user width]``: gradients of the user embeddings, which never leave the clients.
        total: The global parameters' gradient, summed over the clients; None unless asked for.
        uploads: The global parameters' gradients client by client; None unless asked for.
    """

    losses: Tensor
    users: Tensor
    total: Gradient | None = None
    uploads: ClientGradients | None = None


def merge_rows(n_items: int, clients: Tensor, items: Tensor, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Add up the rows (``[rows, d]``) of the same client and item; returns client, item and row of each pair."""
    base = n_items + 1
    pairs, place = torch.unique(clients * base + items, return_inverse=True)
    return pairs // base, pairs % base, rows.new_zeros(len(pairs), rows.shape[1]).index_add_(0, place, rows)


def distinct(codes: Tensor, below: int) -> tuple[Tensor, Tensor]:
    """Return the different values of int64 ``[n]``, ascending, and int64 ``[n]``: the place of each among them.

    Args:
        codes: From 0.
        below: All are below it. If it is not many times ``n``, marking a table is faster than sorting.
    """
    if below > SPARSE * len(codes):
        values, places = torch.unique(codes, return_inverse=True)
        return values, places
    present = torch.zeros(below, dtype=torch.bool, device=codes.device)
    present[codes] = True
    return torch.nonzero(present)[:, 0], (present.cumsum(0) - 1)[codes]
