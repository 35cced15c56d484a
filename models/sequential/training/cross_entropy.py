"""Cross-entropy over all items, whose scores for all positions at once would take the most memory of a training."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..layers.linear import linear

ROWS = 512
"""Positions scored at once; with fewer, adding up the items' gradients takes longer than scores that stay in a cache
save (docs/notes/training-speed.md)."""
RARE = 60.0
"""Losses from which the label's probability may be too small a number to be exact: the scores are looked at again."""


def cross_entropy(hidden: Tensor, items: Tensor, labels: Tensor) -> Tensor:
    """Return the sum over positions of -log softmax of the label's score.

    Gradients are made along with the scores, which are then forgotten.

    Args:
        hidden: float ``[positions, d]``.
        items: float ``[items, d]``; scores are ``hidden @ items.T``.
        labels: int ``[positions]``, from 0.
    """
    result: Tensor = _CrossEntropy.apply(hidden, items, labels)  # type: ignore[no-untyped-call]  # torch's
    return result


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, items: Tensor, labels: Tensor) -> Tensor:
        total = hidden.new_zeros(())
        learns = ctx.needs_input_grad[1]
        of_hidden, of_items = torch.empty_like(hidden), items.new_zeros(items.shape[::-1] if learns else ())
        pieces = (torch.split(a, ROWS) for a in (hidden, labels.long()[:, None], of_hidden))
        for rows, label, gradient in zip(*pieces, strict=True):
            scores = linear(rows, items)
            p = scores.softmax(1)
            losses = -p.gather(1, label).log()
            rare = (losses > RARE).nonzero()[:, 0]
            losses[rare] = scores[rare].logsumexp(1, keepdim=True) - scores[rare].gather(1, label[rare])
            total += losses.sum()
            p.scatter_add_(1, label, p.new_full(label.shape, -1.0))
            gradient.copy_(linear(p, items.T))
            if learns:
                of_items += linear(rows.T, p.T)
        ctx.save_for_backward(of_hidden, of_items)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor | None, None]:
        of_hidden, of_items = ctx.saved_tensors
        return of_hidden * upstream, of_items.T * upstream if ctx.needs_input_grad[1] else None, None
