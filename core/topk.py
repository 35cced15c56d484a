"""A ranking, made once, from which every exposure and accuracy metric is computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .seeds import generator


@dataclass(frozen=True, eq=False)
class TopK:
    """The first items for every user, and where the held-out item came.

    Attributes:
        items: int32 ``[users, k]``; item ids, best first; 0 where fewer than k items can be ranked.
        held_out_rank: int32 ``[users]``; rank of the held-out item among all ranked items, 1 is best.
        candidates: int32 ``[users]``; how many items were ranked (all less the masked history).
        users: int32 ``[users]``; their places in the data, ascending; None where it is all of the data's users.
    """

    items: NDArray[np.int32]
    held_out_rank: NDArray[np.int32]
    candidates: NDArray[np.int32]
    users: NDArray[np.int32] | None = None


def ranked_users(n_users: int, limit: int) -> NDArray[np.int32] | None:
    """Draw the users for whom is ranked, the same for every model.

    Returns:
        Their places in the data, ascending; None where it is all of them, as with a limit of 0.
    """
    if not limit or n_users <= limit:
        return None
    return np.sort(generator("ranked users").permutation(n_users)[:limit]).astype(np.int32)
