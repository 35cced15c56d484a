"""Alternating attack, fake users with a target at every second place (Yue et al., RecSys 2021).

- Paper: a baseline, RandAlter. Injected users turn between a random item and the target, so that the target is learned
  to follow whatever came before. We read this at second hand.
- rbench: the same, with a target drawn for each place among all targets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core import seeds
from .. import FakeUserAttack, Outsider, register
from .common.profiles import FakeUsersConfig


@dataclass(frozen=True)
class FakeAlternatingConfig(FakeUsersConfig):
    """Options of the alternating attack."""


@register
class FakeAlternating(FakeUserAttack[FakeAlternatingConfig]):
    """Let a target follow every other item of the fake users."""

    paper = "Yue et al., Black-Box Attacks on Sequential Recommenders via Data-Free Model Extraction, RecSys 2021"

    def profiles(self, outsider: Outsider) -> list[NDArray[np.integer]]:
        """Draw a random item and a target in turns."""
        rng = seeds.generator(outsider.seed, "profiles")
        others = np.setdiff1d(np.arange(1, len(outsider.popularity)), outsider.targets)
        pairs = max(self.config.length // 2, 1)
        firsts = [rng.choice(others, pairs) for _ in range(outsider.users)]
        return [np.stack([first, rng.choice(outsider.targets, pairs)], 1).ravel() for first in firsts]
