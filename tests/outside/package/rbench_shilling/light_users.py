"""Inverse user frequency (Breese et al., UAI 1998): users of many items count less."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import Profiles, UserWeighting


@dataclass(frozen=True)
class LightUsersConfig:
    """Options of inverse user frequency."""

    power: float = 1.0
    """Weights are the inverse of this power of the logarithm of the number of items."""


class LightUsers(UserWeighting):
    """Weigh users by the inverse of how much they have."""

    Config = LightUsersConfig
    paper = "Breese et al., Empirical analysis of predictive algorithms, UAI 1998"

    def weigh(self, profiles: Profiles) -> NDArray[np.float64]:
        """Return the weights."""
        lengths = np.bincount(profiles.users, minlength=len(profiles.weights))
        return profiles.weights / np.log2(1 + np.maximum(lengths, 1)) ** self.config.power
