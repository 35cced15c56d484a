"""Embeddings of the items that a text recommender is handed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ItemEmbeddings:
    """Embeddings of the items by a sequential recommender.

    Attributes:
        table: float32 ``[n_items + 1, k]``, row 0 zero; its other rows have a standard deviation of 1 over all numbers.
    """

    table: NDArray[np.float32]
