"""A shop that was made up: users have items of one shelf, and some of the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rbench.core.interactions import Interactions
from rbench.core.seeds import generator
from rbench.datasets import Dataset, DatasetConfig


@dataclass(frozen=True)
class CornerShopConfig(DatasetConfig):
    """Options of the corner shop."""

    users: int = 80
    """Number of users."""


class CornerShop(Dataset):
    """Forty items on four shelves."""

    Config = CornerShopConfig

    def fingerprint(self) -> Mapping[str, object]:
        """Return nothing: the options say everything."""
        return {}

    def load(self) -> Interactions:
        """Draw the users' items."""
        rng = generator("corner shop", self.config.users)
        lists = [rng.permutation(10)[:6] + 1 + 10 * rng.integers(4) for _ in range(self.config.users)]
        return Interactions(
            name="corner-shop",
            items=np.concatenate(lists).astype(np.int32),
            offsets=np.arange(0, 6 * self.config.users + 1, 6, dtype=np.int64),
            categories=np.concatenate([[0], np.repeat([1, 2, 3, 4], 10)]).astype(np.int32),
            category_names=("bread", "milk", "tea", "soap"),
            attributes={},
            user_ids=tuple(f"u{i}" for i in range(self.config.users)),
            item_ids=tuple(f"i{i}" for i in range(40)),
            info={"source": "made up"},
        )
