"""Fine-pruning, hidden units that clean data leave inactive are pruned, and the rest is fine-tuned.

- Paper: the channels of the last convolution are pruned in ascending order of their mean activation on clean data, as
  long as accuracy on a validation set stays above a threshold that the defender chooses; the pruned network is then
  fine-tuned (Liu et al., RAID 2018).
- Released code (BackdoorBench): pruned are the inputs of the last linear layer; accuracy may fall by a tenth.
- rbench: pruned are hidden units of the feed-forward blocks, the same share of each, after the platform's histories.
  The threshold is on NDCG@10 of the platform's validation items. Fine-tuning is that of ``fast-ft``; pruned units have
  zero weights into and out of them, which it leaves as they are.
- Fine-tuning does the work: on MovieLens-100K (seeds 5 and 6) accuracy lets all units of SASRec's block go, and BRA's
  HIT@5 falls from 30 and 45% to 0.5 and 3.1%, by ``fast-ft`` to 0.9 and 1.1%. At a tenth of the rate, the usual one,
  pruning and fine-tuning leave 16.5% (seed 5).
- For models with such blocks: sasrec, sasrecf, fdsa, bert4rec, core and lightsans among rbench's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from ...core.pretrained import Pretrained
from ...core.ranges import Range, Share
from .. import Handed, Repair, register
from ..pretrained.common.inspection import Inspection
from .common.tuning import TuningConfig, tuned
from .common.units import activity, without

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .common.units import Values


@dataclass(frozen=True)
class FinePruningConfig(TuningConfig):
    """Options of fine-pruning."""

    drop: Share = 0.1
    """Share of the accuracy that pruning may cost, before fine-tuning."""
    step: Annotated[float, Range(above=0, most=1)] = 0.05
    """Share of each block's units that is pruned at a time."""


@register
class FinePruning(Repair[FinePruningConfig]):
    """Prune the units that are least active on the platform's data, then fine-tune."""

    paper = "Liu et al., Fine-Pruning: Defending Against Backdooring Attacks on Deep Neural Networks, RAID 2018"
    sections = ("finetune",)

    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        """Prune as far as accuracy allows, and train."""
        inspection = Inspection(handed)
        model, active = inspection.model, activity(inspection.model, inspection.users)
        least = handed.victim.accuracy(handed.pretrained, handed.data)["NDCG@10"] * (1 - self.config.drop)
        kept, pruned = handed.pretrained, 0.0
        for n in range(1, int(1 / self.config.step) + 1):
            tried = model.with_weights(without(model, least_active(active, n * self.config.step)))
            if handed.victim.accuracy(tried, handed.data)["NDCG@10"] < least:
                break
            kept, pruned = tried, n * self.config.step
        repaired, log = tuned(handed, kept, self.config.speed)
        return repaired, {**log, "pruned": pruned}


def least_active(active: Mapping[str, Values], share: float) -> dict[str, np.ndarray]:
    """Return of each block the units with the smallest mean activation, int64 ``[round(share * units)]``.

    Args:
        active: float64 ``[units]`` of each block: mean activations.
        share: Of each block's units.
    """
    return {block: np.argsort(values, kind="stable")[: round(share * len(values))] for block, values in active.items()}
