"""What a network computes at once in training, and what it is to predict from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

Objective = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""A schedule's loss, as in ``training.losses``: vectors, item table, labels and negatives to a mean over labels."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of items with their labels.

    Attributes:
        items: int32 ``[rows, width]``, padded with 0 on the right.
        lengths: int64 ``[rows]``: items in each row, at least one.
        users: int64 ``[rows]``: the user of each row, by their place in the data.
        labels: int32 ``[labels]``: the items to predict.
        negatives: int32 ``[labels]``: items to hold against them; 0 means none.
        places: int64 ``[labels]``: the position that each label belongs to, counted through all rows
            (``row * width + column``); None if each row has one label, which follows its last item.
        prompt: float ``[rows, 1 or depth, tokens, d]``: soft tokens before the rows, or None.
    """

    items: Tensor
    lengths: Tensor
    users: Tensor
    labels: Tensor
    negatives: Tensor
    places: Tensor | None = None
    prompt: Tensor | None = None
