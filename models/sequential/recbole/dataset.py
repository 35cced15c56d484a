"""What RecBole's models ask of a data set while they are built, without a data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

CATEGORY = "class"
"""RecBole's default name of the item feature that models with features read."""


class Items:
    """Stands in for RecBole's ``Dataset``: so many items, the category of each, and one user.

    Attributes:
        item_num: Rows of an item table.
        user_num: Rows of a user table.
        field2type: Kind of each feature, by RecBole's names.
    """

    def __init__(self, n_items: int, categories: NDArray[np.integer] | None = None) -> None:
        """Describe ``n_items`` items; ``categories`` is int ``[n_items + 1]``, 0 where unknown, or None: all are."""
        from recbole.utils import FeatureType

        known = np.zeros(n_items + 1, np.int64) if categories is None else categories.astype(np.int64)
        self._rows = {"user_id": 1, "item_id": n_items + 1, CATEGORY: int(known.max()) + 1}
        self.user_num, self.item_num = self._rows["user_id"], self._rows["item_id"]
        self.field2type: dict[str, Any] = {CATEGORY: FeatureType.TOKEN}
        self._features = Features({CATEGORY: torch.from_numpy(known)})

    def num(self, field: str) -> int:
        """Return how many values a field has, padding counted."""
        return self._rows[field]

    def get_item_feature(self) -> Features:
        """Return the items' features."""
        return self._features


class Features:
    """Features of all items, to be indexed by name and then by items on any device."""

    def __init__(self, interaction: Mapping[str, Tensor]) -> None:
        """Keep int64 ``[n_items + 1]`` for each feature."""
        self.interaction = interaction

    def to(self, device: object) -> Features:
        """Return the same: a column follows the items that ask for it."""
        return self

    def __getitem__(self, field: str) -> Column:
        """Return one feature."""
        return Column(self.interaction[field])


class Column:
    """One feature of all items."""

    def __init__(self, values: Tensor) -> None:
        """Keep int64 ``[n_items + 1]``."""
        self.values = values

    def __getitem__(self, items: Tensor) -> Tensor:
        """Return the feature of ``items``, in their shape."""
        self.values = self.values.to(items.device)
        return self.values[items]
