"""What orders every user's items: the network over all pairs of user and item."""

from __future__ import annotations

import torch
from torch import Tensor

from .network import item_half, user_half
from .parameters import Parameters

PAIRS = 1 << 16
"""Pairs of user and item that pass through the layers together: what fits in a processor's cache."""


class Scoring:
    """Scores less one number a user, which moves all of a user's items alike.

    ReLU(x + c) is max(x, -c) + c. What c adds behind the next layer is one number a user again, so
    that a layer costs one pass over its sums instead of two.

    Args:
        parameters: The global parameters.
        users: ``[users, d]``: user embeddings.
    """

    def __init__(self, parameters: Parameters, users: Tensor) -> None:
        """See the class."""
        layers = parameters.layers()
        self._weights = [weight for weight, _ in layers[1:]]
        self._from_items, shift = item_half(parameters), user_half(parameters, users)
        self._floors = [-shift]
        for weight, bias in layers[1:-1]:
            shift = torch.addmm(bias[:, None], weight, shift)
            self._floors.append(-shift)

    def into(self, scores: Tensor, first: int, rooms: list[Tensor]) -> None:
        """Fill in ``[k, n_items + 1]`` for ``k`` users from the first on; ``rooms`` are of :meth:`rooms`."""
        base = self._from_items.shape[1]
        for start in range(0, len(scores), rooms[0].shape[1]):
            n = min(rooms[0].shape[1], len(scores) - start)
            floors = [floor[:, first + start : first + start + n, None] for floor in self._floors]
            hidden = torch.maximum(self._from_items[:, None], floors[0], out=_front(rooms[0], n))
            for weight, room, floor in zip(self._weights, rooms[1:], floors[1:], strict=False):
                out = _front(room, n)
                torch.mm(weight, hidden.view(-1, n * base), out=out.view(-1, n * base))
                hidden = torch.maximum(out, floor, out=out)
            torch.mv(hidden.view(-1, n * base).T, self._weights[-1][0], out=scores[start : start + n].view(-1))

    def rooms(self) -> list[Tensor]:
        """Return memory for the layers, to be used again and again by one thread: ``[width, users, n_items + 1]``."""
        base = self._from_items.shape[1]
        return [floor.new_empty(len(floor), max(1, PAIRS // base), base) for floor in self._floors]


def _front(room: Tensor, users: int) -> Tensor:
    """Return memory for fewer users, without gaps."""
    width, _, base = room.shape
    return room.view(-1)[: width * users * base].view(width, users, base)
