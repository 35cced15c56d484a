"""Random attack, fake users with random items and the targets (Lam and Riedl, WWW 2004).

- Paper: a fake user of a rating site rates random items about the average, and the target item highest.
- rbench: there are no ratings, so that a profile has random items and every target, in random order, each once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core import seeds
from .. import FakeUserAttack, Outsider, register
from .common.profiles import FakeUsersConfig, templates


@dataclass(frozen=True)
class FakeRandomConfig(FakeUsersConfig):
    """Options of the random attack."""


@register
class FakeRandom(FakeUserAttack[FakeRandomConfig]):
    """Let fake users interact with random items and the targets."""

    paper = "Lam and Riedl, Shilling Recommender Systems for Fun and Profit, WWW 2004"

    def profiles(self, outsider: Outsider) -> list[NDArray[np.integer]]:
        """Draw them."""
        rng, n_items = seeds.generator(outsider.seed, "profiles"), len(outsider.popularity) - 1
        return templates(outsider.users, outsider.targets, n_items, self.config.length, rng)
