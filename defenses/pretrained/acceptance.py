"""Acceptance, items that are shown to many users and taken by few.

- Paper: none; defined here. The beta-binomial distribution is Skellam's (J. R. Stat. Soc. B, 1948).
- rbench: the platform's log is replayed. Of an item, R users would have been shown it in their top 10 (their history so
  far left out) at some position, and H of them took it there or later. H is beta-binomial with the parameters that fit
  items shown to 10 users or more, fitted again twice without items of a mid-p below 1 / (2 items). The z-score is the
  normal quantile of 1 minus the lower mid-p; other items have 0.
- It sees: exposure that users do not want, however it came about, also after trigger items only. It needs users.
- It cannot see: targets that are not shown, and those that users want. False alarms expected on an honest model are
  ``alarms``; the value was chosen on MovieLens-100K and MovieLens-1M.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ...core.config import Options
from ...core.ranges import Count, Positive
from ...models.sequential.replay import lack, replay
from .. import register
from .common.inspection import Inspection
from .common.outliers import OutlierDetector, Outliers

ENOUGH = 10
"""Items to which the distribution is fitted, at least."""


@dataclass(frozen=True)
class AcceptanceConfig(Options):
    """Options of the acceptance test."""

    top: Count = 10
    """Length of the lists that would have been shown."""
    least: Count = 10
    """Items shown to fewer users are not tested."""
    alarms: Positive = 0.5
    """False alarms expected on an honest model."""


@register
class Acceptance(OutlierDetector[AcceptanceConfig]):
    """Flag items that few of those who would have been shown them took."""

    paper = "none; defined in rbench (beta-binomial test)"

    def outliers(self, inspection: Inspection) -> Outliers:
        """Replay the log."""
        shown, taken = replay(inspection.model, inspection.users, self.config.top)
        tested = shown >= self.config.least
        tested[0] = False
        z = np.zeros(len(shown))
        if tested.sum() < ENOUGH:
            return Outliers(z, np.inf, {"tested": 0})
        z[tested] = lack(shown[tested], taken[tested])
        n = int(tested.sum())
        return Outliers(z, NormalDist().inv_cdf(1 - min(self.config.alarms / n, 0.1)), {"tested": n})
