"""Fake users among those of an item-based recommender, as a scenario from outside rbench."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rbench.attacks import Attack
from rbench.core.interactions import Interactions
from rbench.defenses import Defense


@dataclass(frozen=True, eq=False)
class Profiles:
    """Whom a recommender learns from, flat.

    Attributes:
        users: int64 ``[n]``: the user of each interaction.
        items: int64 ``[n]``: its item.
        weights: float64 ``[users]``: how much each user counts.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    weights: NDArray[np.float64]


class FakeUserAttack(Attack):
    """An attack by users that were made up."""

    scenario = "shilling"
    audience = "all"

    @abstractmethod
    def profiles(self, data: Interactions, targets: NDArray[np.int32], seed: int) -> list[NDArray[np.int64]]:
        """Return the items of each fake user."""


class UserWeighting(Defense):
    """A defense that counts some users less than others."""

    scenario = "shilling"

    @abstractmethod
    def weigh(self, profiles: Profiles) -> NDArray[np.float64]:
        """Return float64 ``[users]``: new weights."""
