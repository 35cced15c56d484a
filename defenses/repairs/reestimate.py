"""Re-estimated items, suspect items are placed among the items that the platform's users have beside them.

- Paper: none; defined here.
- rbench: the embedding of a flagged item with n interactions becomes (n near + 10 base) / (n + 10). ``near`` is the
  mean embedding of other items, weighted by how often users of the item have them, over their popularity. ``base`` is
  that of items that are not flagged, of the same popularity stratum and, where there are three, of the same category.
  Other arrays with a row or a number for each item, e.g. BERT4Rec's biases, are treated alike. What the provider made
  of the item is forgotten; the rest of the model stays as it is, and a model without flagged items stays the same.
  Nothing is trained.
- It cannot mend: items that its detector does not flag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.interactions import Interactions
from ...core.pretrained import Pretrained
from ...core.ranges import Positive
from .. import Flagged, Handed, Repair, register
from ..pretrained.common.inspection import Inspection
from ..pretrained.common.residuals import strata
from .common.suspects import SuspectsConfig, suspects

ALIKE = 3
"""Items of the same category that are enough for a mean of their own."""


@dataclass(frozen=True)
class ReestimateConfig(SuspectsConfig):
    """Options of re-estimated items."""

    prior: Positive = 10.0
    """Interactions that the mean of like items counts for."""


@register
class Reestimate(Repair[ReestimateConfig]):
    """Give flagged items the embedding of their neighbours in the platform's log."""

    paper = "none; defined in rbench"
    inputs = (Flagged(needed=False),)

    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        """Edit the rows of the item table, and of every other array that has a row an item."""
        from ...models.sequential.item_arrays import item_arrays

        inspection, history = Inspection(handed), handed.data.drop_last(1)
        chosen = suspects(handed, inspection, self.config.detector)
        weights = handed.pretrained.weights
        names = item_arrays(handed.victim.model, handed.victim.config)
        made = {name: reestimated(weights[name], history, chosen, self.config.prior) for name in sorted(names)}
        return inspection.model.with_weights(made), {"mended": len(chosen)}


def reestimated(
    array: NDArray[np.float32], data: Interactions, chosen: NDArray[np.integer], prior: float
) -> NDArray[np.float32]:
    """Return the item table, float32 ``[n_items + 1, d]``, with the rows of chosen items made anew.

    Args:
        array: The item table, or another array with a row or, ``[n_items + 1]``, a number for each item.
        data: The platform's users, test items left out.
        chosen: int ``[k]``: items; their rows are not read.
        prior: Interactions that the mean of like items counts for.
    """
    table = array.reshape(len(array), -1)
    popularity, users = data.item_counts(), data.users
    trusted = np.ones(len(table), bool)
    trusted[0] = False
    trusted[chosen] = False
    group = np.concatenate([[-1], strata(popularity[1:])])
    made = table.copy()
    for item in chosen:
        alike = trusted & (group == group[item])
        same = alike & (data.categories == data.categories[item])
        base = mean(table, next((m for m in (same, alike) if m.sum() >= ALIKE), trusted).astype(np.float64))
        beside = np.isin(users, users[data.items == item])
        together = np.bincount(data.items[beside], minlength=len(table)) / np.maximum(popularity, 1)
        near = mean(table, together * trusted)
        n = popularity[item]
        made[item] = (n * near + prior * base) / (n + prior)
    return made.reshape(array.shape)


def mean(table: NDArray[np.float32], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted mean of rows, float64 ``[d]``; 0 if all weights are."""
    total: NDArray[np.float64] = (weights[:, None] * table).sum(0)
    return total / max(float(weights.sum()), 1e-12)
