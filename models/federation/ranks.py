"""Ranks of a few items among all, without sorting all."""

from __future__ import annotations

import torch
from torch import Tensor

CELLS = 1 << 22
"""Scores compared at once where ties have to be counted."""


def ranks_within(scores: Tensor, longest: int, rows: Tensor, items: Tensor) -> Tensor:
    """Return int64 ``[pairs]``: how many items stand before each pair's item in its row.

    Before an item stand those that score higher, and those that score the same and have a lower
    id. Ranks below ``longest`` are exact, others are ``longest`` or more.

    Args:
        scores: ``[users, n_items + 1]``; -inf where an item is no candidate.
        longest: Length of the longest list that matters.
        rows: int64 ``[pairs]``: row of ``scores``.
        items: int64 ``[pairs]``: a candidate of that row.
    """
    own = scores[rows, items]
    top = scores.topk(min(longest, scores.shape[1]), dim=1).values[rows]
    ranks = (top > own[:, None]).sum(1)
    # Items tied with this one may stand outside the top, so they are looked for where there can be any.
    unsure = torch.nonzero((own == top[:, -1]) | ((top == own[:, None]).sum(1) > 1))[:, 0]
    columns = torch.arange(scores.shape[1], device=scores.device)
    for some in torch.split(unsure, max(1, CELLS // scores.shape[1])):
        row, value = scores[rows[some]], own[some, None]
        ranks[some] = ((row > value) | ((row == value) & (columns < items[some, None]))).sum(1)
    return ranks
