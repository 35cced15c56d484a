"""Statistics of the uploads coordinate by coordinate, written out only where they cannot be zero anyway."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from .gradients import CELLS, ClientGradients, Gradient


def by_coordinate(gradients: ClientGradients, fewest: int, statistic: Callable[[Tensor], Tensor]) -> Gradient:
    """Apply a statistic over clients to every coordinate.

    Args:
        gradients: The uploads of a round.
        fewest: An item row that fewer clients list is known to give 0 and left out.
        statistic: From ``[..., clients]``, ascending, to ``[...]``.
    """
    rows, n = gradients.rows, len(gradients)
    table = rows.new_zeros(gradients.n_items + 1, rows.shape[1])
    listed = torch.bincount(gradients.items, minlength=len(table))
    wanted = torch.nonzero(listed >= max(1, fewest))[:, 0]
    for items in torch.split(wanted, max(1, CELLS // max(1, n * rows.shape[1]))):
        table[items] = statistic(ascending(gradients.dense(items)))
    return Gradient(table, statistic(ascending(gradients.others.T.contiguous())))


def ascending(values: Tensor) -> Tensor:
    """Return the values sorted along the last axis."""
    if values.device.type == "cpu":  # NumPy sorts short rows of floats several times faster
        return torch.from_numpy(np.sort(values.numpy(), axis=-1))
    return values.sort(-1).values
