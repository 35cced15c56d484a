"""The row of padding, which stands for no item, so that nothing shows what is written there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

LARGEST_RATIO = 2.0
"""How much longer than the longest row of an item the row of padding may be; RecBole leaves it as random as others."""


def check_padding(table: NDArray[Any], where: str) -> None:
    """Refuse a row of padding that is longer than any honest training leaves it.

    Args:
        table: float32 ``[n_items + 1, d]``, finite, padding first.
        where: The table, for the message.

    Raises:
        UserError: If its norm is above :data:`LARGEST_RATIO` times the largest of an item.
    """
    norms = np.linalg.norm(table.astype(np.float64), axis=1)
    if norms[0] > LARGEST_RATIO * norms[1:].max(initial=0.0):
        raise UserError(
            f"{where}: row 0, which is for padding, has norm {norms[0]:.3g}; at most {LARGEST_RATIO:g} times the "
            f"largest of an item, {norms[1:].max(initial=0.0):.3g}, is allowed."
        )
