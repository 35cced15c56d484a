"""Item-based neighbours (Sarwar et al., WWW 2001): items are alike if the same users have both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rbench.models import Recommender

from . import Profiles


@dataclass(frozen=True)
class ItemKNNConfig:
    """Options of item-based neighbours."""

    shrink: float = 5.0
    """Added to the norms, so that few common users make no strong neighbours."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """How alike items are: float32 ``[n_items + 1, n_items + 1]``."""

    similarity: NDArray[np.float32]


class ItemKNN(Recommender):
    """Recommends what is like the items that a user has."""

    Config = ItemKNNConfig
    scenario = "shilling"

    @staticmethod
    def fit(config: ItemKNNConfig, profiles: Profiles, n_items: int) -> Neighbours:
        """Return weighted cosine similarities, shrunk; an item is not like itself."""
        table = np.zeros((len(profiles.weights), n_items + 1))
        table[profiles.users, profiles.items] = 1
        common = table.T @ (table * profiles.weights[:, None])
        norms = np.sqrt(np.diag(common))
        similarity = common / (np.outer(norms, norms) + config.shrink)
        np.fill_diagonal(similarity, 0)
        return Neighbours(similarity.astype(np.float32))
