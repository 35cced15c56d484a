"""Item rows over the clients that upload them, and over no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .columns import ascending
from .gradients import ClientGradients

PAIRS = 1 << 17
"""Pairs of uploads of the same items that are compared together: what stays in a processor's cache."""


@dataclass(frozen=True, eq=False)
class Block:
    """Uploaded items that have equally many uploaders.

    Attributes:
        items: int64 ``[items]``.
        places: int64 ``[items, uploaders]``: where each one's uploads stand in ``ClientGradients.rows``, by client.
    """

    items: Tensor
    places: Tensor


class Uploaders:
    """A round's uploads, sorted so that each item's stand together, and items with equally many beside each other.

    Args:
        gradients: The uploads of a round.
    """

    def __init__(self, gradients: ClientGradients) -> None:
        self._n_items = gradients.n_items
        counts = torch.bincount(gradients.items, minlength=gradients.n_items + 1)
        key = (counts[gradients.items] * len(counts) + gradients.items) * len(gradients) + gradients.clients
        self._order = torch.argsort(key)
        ranked = counts.sort(stable=True).indices
        self._items = ranked[len(ranked) - int((counts > 0).sum()) :]
        each, of_each = torch.unique_consecutive(counts[self._items], return_counts=True)
        self._runs = list(zip(each.tolist(), of_each.tolist(), strict=True))

    def blocks(self) -> Iterator[Block]:
        """Yield every uploaded item once, those with equally many uploaders together; small enough for all pairs."""
        item = row = 0
        for uploaders, alike in self._runs:
            places = self._order[row : row + uploaders * alike].view(alike, uploaders)
            step = max(1, PAIRS // uploaders**2)
            for first in range(0, alike, step):
                items = self._items[item + first : item + min(first + step, alike)]
                yield Block(items, places[first : first + step])
            item, row = item + alike, row + uploaders * alike

    def by_coordinate(self, values: Tensor, statistic: Callable[[Tensor], Tensor]) -> Tensor:
        """Apply a statistic over its uploaders to every coordinate of every item; returns ``[n_items + 1, d]``.

        Args:
            values: ``[rows, d]``: a vector for each of their item rows.
            statistic: From ``[..., uploaders]``, ascending, to ``[...]``; an item that nobody uploads stays zero.
        """
        columns = values.T.contiguous().index_select(1, self._order)  # each item's values lie side by side
        found = columns.new_zeros(len(columns), len(self._items))
        item = row = 0
        for uploaders, alike in self._runs:
            end = row + uploaders * alike
            block = ascending(columns[:, row:end].view(len(columns), alike, uploaders))
            found[:, item : item + alike] = statistic(block)
            item, row = item + alike, end
        table = values.new_zeros(self._n_items + 1, len(columns))
        table[self._items] = found.T
        return table
