"""Clipped alignment, suspect items lose what lifts them before the average user.

- Paper: none; defined here.
- rbench: an item's mean standardised score is e.w less a number common to all items, where w is the mean over users of
  the state over the deviation of its scores. Of each flagged item, the part of e along w that exceeds what is usual
  for its popularity is taken away, for the model as it is and for 8 random prompts in turn, three times over. What
  tells users apart stays. The model's scores must be products with its item table. Nothing is trained.
- It cannot mend: items that its detector does not flag; exposure that concentrates on some users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...core.pretrained import Pretrained
from ...core.ranges import Count, CountOrZero
from .. import Flagged, Handed, Repair, register
from ..pretrained.common.inspection import Inspection
from ..pretrained.common.residuals import usual
from .common.suspects import SuspectsConfig, suspects

if TYPE_CHECKING:
    from ...models.sequential.open_model import Prompt


@dataclass(frozen=True)
class ClipAlignmentConfig(SuspectsConfig):
    """Options of clipped alignment."""

    prompts: CountOrZero = 8
    """Random soft tokens under which items are clipped too."""
    rounds: Count = 3
    """Times that the model as it is and all prompts are gone through."""


@register
class ClipAlignment(Repair[ClipAlignmentConfig]):
    """Take from flagged items the excess of their mean score over what popularity explains."""

    paper = "none; defined in rbench"
    inputs = (Flagged(needed=False),)
    needs_products = True

    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        """Edit rows of the item table."""
        inspection = Inspection(handed)
        inspection.model.check_products()
        chosen = suspects(handed, inspection, self.config.detector)
        given = inspection.model.table.astype(np.float64)
        rows = given[chosen]
        prompts: list[Prompt] = ["own", *inspection.random_prompts(self.config.prompts)]
        for _ in range(self.config.rounds if len(chosen) else 0):
            for prompt in prompts:
                direction, values = direction_and_scores(inspection, prompt)
                centre, _ = usual(values, inspection.popularity)
                now = values[chosen] + ((rows - given[chosen]) * direction).sum(1)
                excess = np.maximum(now - centre[chosen], 0)
                rows = rows - excess[:, None] * direction / (direction * direction).sum()
        given[chosen] = rows
        return inspection.model.with_table(given.astype(np.float32)), {"mended": len(chosen)}


def direction_and_scores(inspection: Inspection, prompt: Prompt) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return w, float64 ``[d]``, and the mean standardised scores under a prompt, float64 ``[n_items + 1]``.

    For items i and j the scores differ by (e_i - e_j).w.
    """
    states = inspection.model.states(inspection.users, prompt)
    spread = np.concatenate([s[:, 1:].std(1) for s in inspection.model.scores(inspection.users, prompt)])
    direction: NDArray[np.float64] = (states / np.maximum(spread, 1e-9)[:, None]).mean(0, dtype=np.float64)
    return direction, inspection.mean_scores(prompt)
