"""Next-item losses over flat positions: BPR (Rendle et al., UAI 2009) and the full softmax."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from .cross_entropy import cross_entropy


def bpr(hidden: Tensor, table: Tensor, labels: Tensor, negatives: Tensor, sparse: bool = False) -> Tensor:
    """Mean of -log sigmoid(score of label - score of negative).

    Args:
        hidden: float ``[positions, d]``.
        table: Item embeddings ``[n_items + 1, d]``.
        labels: int ``[positions]``.
        negatives: int ``[positions]``.
        sparse: Give the table a sparse gradient.
    """
    chosen, rejected = (F.embedding(items, table, sparse=sparse) for items in (labels, negatives))
    margin = (hidden * (chosen - rejected)).sum(-1)
    return F.softplus(-margin).mean()


def softmax(hidden: Tensor, table: Tensor, labels: Tensor, negatives: Tensor) -> Tensor:
    """Mean cross-entropy over all items; a negative that isn't 0 adds its pairwise BPR term.

    Without sampled negatives, that term is how an attacker may press an item down at a position.
    """
    loss = cross_entropy(hidden, table[1:], labels - 1)
    suppressed = negatives.nonzero().squeeze(1)
    if len(suppressed):
        loss = loss + len(suppressed) * bpr(hidden[suppressed], table, labels[suppressed], negatives[suppressed])
    return loss / len(labels)
