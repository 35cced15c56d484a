"""Fake users whose histories look like others' and who all take one of the owner's items next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypeVar

from ....core.interactions import Interactions
from ....core.seeds import generator
from .. import FakeUsers, ItemOwner, TitleAttack, TitleConfig


@dataclass(frozen=True)
class FakeUserConfig(TitleConfig):
    """Options of attacks with fake users."""

    profile: Literal["copy", "random"] = "copy"
    """Histories of fake users: part of a real user's, or items drawn at random."""
    titles: Literal["prompts", "catalogue"] = "prompts"
    """Where own items have the attacker's titles: where fake users take them, or wherever they occur."""


F = TypeVar("F", bound=FakeUserConfig, default=FakeUserConfig)


class FakeUserAttack(TitleAttack[F]):
    """An attack by fake users; a subclass says how titles are worded."""

    def poison(self, owner: ItemOwner) -> FakeUsers:
        """Draw a history and one of the own items for each fake user."""
        rng = generator(owner.seed, "fake users")
        worded = self.retitle([owner.data.titles[item - 1] for item in owner.items.tolist()], owner.seed)
        history = np.zeros((owner.fakes, owner.history), np.int32)
        liked = np.zeros(history.shape, np.bool_)
        picks = rng.integers(len(owner.items), size=owner.fakes)
        long = np.flatnonzero(owner.data.lengths >= 3)
        for user in range(owner.fakes):
            items, likes = self._profile(owner, long, rng)
            history[user, : len(items)], liked[user, : len(items)] = items, likes
        renamed = {}
        if self.config.titles == "catalogue":
            renamed = dict(zip(owner.items.tolist(), worded, strict=True))
        return FakeUsers(history, liked, owner.items[picks], tuple(worded[pick] for pick in picks.tolist()), renamed)

    def _profile(
        self, owner: ItemOwner, long: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[Sequence[int], Sequence[bool]]:
        data = owner.data
        if self.config.profile == "random":
            items = rng.choice(data.n_items, min(owner.history, data.n_items), replace=False) + 1
            return items.tolist(), (rng.integers(2, size=len(items)) == 1).tolist()
        user = int(long[rng.integers(len(long))])
        end = int(rng.integers(3, int(data.lengths[user]) + 1))
        rows = np.arange(max(0, end - owner.history), end) + int(data.offsets[user])
        return data.items[rows].tolist(), _liked(data, rows)


def _liked(data: Interactions, rows: NDArray[np.int64]) -> Sequence[bool]:
    found: list[bool] = [False] * len(rows) if data.liked is None else data.liked[rows].tolist()
    return found
