"""Bandwagon attack, fake users with popular items and the targets (Mobasher et al., ACM TOIT 2007).

- Paper: a fake user of a rating site rates a few very popular items and the target item highest, and random items at
  random, so that it resembles many users.
- rbench: there are no ratings, so that half of a profile's places beside the targets are popular items, the others
  random ones, in random order, each once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core import seeds
from ...core.ranges import Share
from .. import FakeUserAttack, Outsider, register
from .common.profiles import FakeUsersConfig, most_popular, templates


@dataclass(frozen=True)
class FakeBandwagonConfig(FakeUsersConfig):
    """Options of the bandwagon attack."""

    popular: Share = 0.05
    """Share of the items that count as popular."""


@register
class FakeBandwagon(FakeUserAttack[FakeBandwagonConfig]):
    """Let fake users interact with popular items, some others and the targets."""

    paper = "Mobasher et al., Toward Trustworthy Recommender Systems, ACM TOIT 2007"

    def profiles(self, outsider: Outsider) -> list[NDArray[np.integer]]:
        """Draw them."""
        rng, n_items = seeds.generator(outsider.seed, "profiles"), len(outsider.popularity) - 1

        def choose(others: NDArray[np.integer]) -> NDArray[np.integer]:
            return most_popular(others, outsider.popularity, self.config.popular)

        return templates(outsider.users, outsider.targets, n_items, self.config.length, rng, choose)
