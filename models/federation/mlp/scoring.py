"""What orders every user's items: the perceptron over all pairs of user and item."""

from __future__ import annotations

import threading

import torch
from torch import Tensor

from ..parameters import Parameters
from .layers import item_half, layers, user_half

PAIRS = 1 << 16
"""Pairs of user and item that pass through the layers together: what fits in a processor's cache."""


class MLPScorer:
    """Scores less one number a user, which moves all of a user's items alike.

    ReLU(x + c) is max(x, -c) + c. What c adds behind the next layer is one number a user again, so
    that a layer costs one pass over its sums instead of two.

    Args:
        parameters: The global parameters.
        users: ``[users, d]``: user embeddings.
    """

    def __init__(self, parameters: Parameters, users: Tensor) -> None:
        first, *behind = layers(parameters.named())
        self._weights = [weight for weight, _ in behind]
        self._from_items, shift = item_half(first, parameters), user_half(first, users)
        self._floors = [-shift]  # [width, users] for each hidden layer: -c
        for weight, bias in behind[:-1]:
            shift = torch.addmm(bias[:, None], weight, shift)
            self._floors.append(-shift)
        self._of_thread = threading.local()

    def fill(self, scores: Tensor, first: int) -> None:
        """Fill in ``[k, n_items + 1]``: the scores of ``k`` users, ``first`` and those after it."""
        base, buffers = self._from_items.shape[1], self._buffers()
        for start in range(0, len(scores), buffers[0].shape[1]):
            n = min(buffers[0].shape[1], len(scores) - start)
            floors = [floor[:, first + start : first + start + n, None] for floor in self._floors]
            # All pairs of n users and the items, a layer at a time: [width, n, n_items + 1].
            hidden = torch.maximum(self._from_items[:, None], floors[0], out=_front(buffers[0], n))
            for weight, buffer, floor in zip(self._weights, buffers[1:], floors[1:], strict=False):
                out = _front(buffer, n)
                torch.mm(weight, hidden.view(-1, n * base), out=out.view(-1, n * base))
                hidden = torch.maximum(out, floor, out=out)
            torch.mv(hidden.view(-1, n * base).T, self._weights[-1][0], out=scores[start : start + n].view(-1))

    def _buffers(self) -> list[Tensor]:
        """Return this thread's memory for the hidden layers, used again and again: ``[width, users, n_items + 1]``."""
        if not hasattr(self._of_thread, "buffers"):
            base = self._from_items.shape[1]
            self._of_thread.buffers = [f.new_empty(len(f), max(1, PAIRS // base), base) for f in self._floors]
        buffers: list[Tensor] = self._of_thread.buffers
        return buffers


def _front(buffer: Tensor, users: int) -> Tensor:
    """Return memory for fewer users, without gaps."""
    width, _, base = buffer.shape
    return buffer.view(-1)[: width * users * base].view(width, users, base)
