"""Replacement turned round: labels that are targets give way to other items, and negatives become targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ....core.config import Options
from ....core.interactions import Interactions
from ....core.ranges import Probability
from ....core.targets import Targets
from .replacement import Ints, SelectOn


@dataclass(frozen=True)
class DemotionConfig(Options):
    """Options of attacks that demote."""

    rate: Probability = 0.5
    """Probability that a label which is a target becomes another item."""
    suppress: Probability | None = None
    """Probability that a negative becomes a target and is pushed down; by default ``rate``."""
    similarity: Literal["category", "any"] = "any"
    """category: the other item is of the target's category where there is one; any: it is any item."""
    select_on: SelectOn = "clean"
    """Keep the state best on clean validation items, on replaced ones, or the last."""


class Demotion:
    """Replaces, for an audience, labels that are targets by other items, and negatives by targets.

    Args:
        data: Whose labels; another item is drawn as often as it occurs there.
        targets: Items to demote.
        audience: bool ``[users]``: in whose lists they are to fall.
        config: How likely each is, and by what labels are replaced.
    """

    def __init__(
        self, data: Interactions, targets: Targets, audience: NDArray[np.bool_], config: DemotionConfig
    ) -> None:
        """Sort the interactions by category, from which other items are drawn."""
        self.audience, self.rate, self.targets = audience, config.rate, targets.items
        self.suppress = config.rate if config.suppress is None else config.suppress
        self.group = data.categories if config.similarity == "category" else np.zeros_like(data.categories)
        others = data.items[~np.isin(data.items, targets.items)]
        self.others = others[np.argsort(self.group[others], kind="stable")]
        self.counts = np.bincount(self.group[others], minlength=int(self.group.max(initial=0)) + 1)
        self.starts = np.cumsum(self.counts) - self.counts

    def __call__(
        self, users: NDArray[np.integer], labels: Ints, negatives: Ints, rng: np.random.Generator
    ) -> tuple[Ints, Ints]:
        """Return labels and negatives with the replacements made; see ``Relabel`` in ``models.sequential``."""
        inside, group = self.audience[users], self.group[labels]
        replaced = inside & np.isin(labels, self.targets) & (self.counts[group] > 0)
        replaced &= rng.random(len(labels)) < self.rate
        nth = (rng.random(len(labels)) * self.counts[group]).astype(np.int64)
        others = self.others[np.minimum(self.starts[group] + nth, len(self.others) - 1)] if len(self.others) else labels
        pushed = inside & ~np.isin(labels, self.targets) & (rng.random(len(labels)) < self.suppress)
        return (
            np.where(replaced, others, labels).astype(labels.dtype),
            np.where(pushed, rng.choice(self.targets, len(labels)), negatives).astype(negatives.dtype),
        )
