"""Bandwagon attack (Burke et al., 2005): fake users have the targets and popular items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rbench.core.interactions import Interactions
from rbench.core.seeds import generator

from . import FakeUserAttack


@dataclass(frozen=True)
class BandwagonConfig:
    """Options of the bandwagon attack."""

    share: float = 0.2
    """Fake users as a share of the honest ones."""
    fillers: int = 5
    """Popular items that each of them has."""


class Bandwagon(FakeUserAttack):
    """Tie the targets to what many users have."""

    Config = BandwagonConfig
    paper = "Burke et al., Limited knowledge shilling attacks, 2005"

    def profiles(self, data: Interactions, targets: NDArray[np.int32], seed: int) -> list[NDArray[np.int64]]:
        """Draw fillers in proportion to their popularity."""
        rng = generator(seed, "fillers")
        counts = data.item_counts().astype(float)
        counts[targets] = 0
        fakes = round(self.config.share * data.n_users)
        drawn = [
            rng.choice(len(counts), self.config.fillers, replace=False, p=counts / counts.sum()) for _ in range(fakes)
        ]
        return [np.concatenate([targets, fillers]).astype(np.int64) for fillers in drawn]
