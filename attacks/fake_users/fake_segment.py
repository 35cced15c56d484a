"""Segment attack, fake users with popular items like the targets (Mobasher et al., ACM TOIT 2007).

- Paper: a fake user of a rating site rates the favourite items of a segment of users and the target item highest, and
  random items lowest, so that the target is recommended to the segment. The segment's items are of the target's genre.
- rbench: there are no ratings, so that half of a profile's places beside the targets are popular items of the targets'
  categories, the others random ones, in random order, each once. Where no target has a category, popular items are of
  any, as in the bandwagon attack.
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
class FakeSegmentConfig(FakeUsersConfig):
    """Options of the segment attack."""

    popular: Share = 0.05
    """Share of the items of the targets' categories that count as popular."""


@register
class FakeSegment(FakeUserAttack[FakeSegmentConfig]):
    """Let fake users interact with popular items of the targets' categories, some others and the targets."""

    paper = "Mobasher et al., Toward Trustworthy Recommender Systems, ACM TOIT 2007"

    def profiles(self, outsider: Outsider) -> list[NDArray[np.integer]]:
        """Draw them."""
        rng, n_items = seeds.generator(outsider.seed, "profiles"), len(outsider.popularity) - 1
        categories = outsider.categories[outsider.targets]

        def choose(others: NDArray[np.integer]) -> NDArray[np.integer]:
            alike = others[np.isin(outsider.categories[others], categories[categories > 0])]
            return most_popular(alike if len(alike) else others, outsider.popularity, self.config.popular)

        return templates(outsider.users, outsider.targets, n_items, self.config.length, rng, choose)
