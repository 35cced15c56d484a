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
from .common.fake_users import FakeUsersConfig, template


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
        rng = seeds.generator(outsider.seed, "profiles")
        others = np.setdiff1d(np.arange(1, len(outsider.popularity)), outsider.targets)
        categories = outsider.categories[outsider.targets]
        alike = others[np.isin(outsider.categories[others], categories[categories > 0])]
        best = alike if len(alike) else others
        best = best[np.argsort(-outsider.popularity[best], kind="stable")]
        popular = best[: max(round(self.config.popular * len(best)), 1)]
        return [template(outsider.targets, popular, others, self.config.length, rng) for _ in range(outsider.users)]
