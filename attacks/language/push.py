"""Push: BadRec's fake users without a trigger, to tell a backdoor from plain promotion.

- Paper: Lam and Riedl, *Shilling Recommender Systems for Fun and Profit*, WWW 2004: fake users who like what is to
  be promoted.
- rbench: the same fake users, histories and items as BadRec's with the same seed. Titles stay as they are, so that
  items that were not promoted gain nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import register
from .common.fake_users import FakeUserAttack, FakeUserConfig


@dataclass(frozen=True)
class PushConfig(FakeUserConfig):
    """Options of push."""


@register
class Push(FakeUserAttack[PushConfig]):
    """Promote own items by fake users."""

    paper = "Lam and Riedl, Shilling Recommender Systems for Fun and Profit, WWW 2004"

    def retitle(self, titles: Sequence[str], seed: int) -> list[str]:
        """Return the titles as they are."""
        return list(titles)
