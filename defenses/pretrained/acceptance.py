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
from numpy.typing import NDArray

from ...core.config import Options
from ...core.ranges import Count, Positive
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
        shown, taken = replay(inspection, self.config.top)
        tested = shown >= self.config.least
        tested[0] = False
        z = np.zeros(len(shown))
        if tested.sum() < ENOUGH:
            return Outliers(z, np.inf, {"tested": 0})
        z[tested] = lack(shown[tested], taken[tested])
        n = int(tested.sum())
        return Outliers(z, NormalDist().inv_cdf(1 - min(self.config.alarms / n, 0.1)), {"tested": n})


def replay(inspection: Inspection, top: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return of each item, int64 ``[n_items + 1]``, how many users would have been shown it, and took it.

    Args:
        inspection: The model and its users.
        top: Length of a list, made after each item of a history but the last.
    """
    data, n_items = inspection.users, inspection.model.n_items
    shown, taken = (np.zeros((data.n_users, n_items + 1), bool) for _ in range(2))
    for users, read, scores in inspection.model.scores_along(data):
        going_on = read < data.lengths[users]
        users, read, scores = users[going_on], read[going_on], scores[going_on]
        scores[:, 0] = -np.inf
        for row, (user, n) in enumerate(zip(users, read, strict=True)):
            scores[row, data.of(user)[:n]] = -np.inf
        k = min(top, n_items)
        listed = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        listed[np.take_along_axis(scores, listed, 1) == -np.inf] = 0
        for row, (user, n) in enumerate(zip(users, read, strict=True)):
            shown[user, listed[row]] = True
            following = data.of(user)[n]
            taken[user, following] |= shown[user, following]
    shown[:, 0] = False
    return shown.sum(0), taken.sum(0)


def lack(shown: NDArray[np.int64], taken: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return z-scores of a lack of acceptance, float64 ``[n]``, not below 0.

    Args:
        shown: int64 ``[n]``: users who were shown each item.
        taken: int64 ``[n]``: those of them who took it.
    """
    from scipy import optimize, stats

    def fit(kept: NDArray[np.bool_]) -> NDArray[np.float64]:
        def loss(logs: NDArray[np.float64]) -> float:
            return -float(stats.betabinom.logpmf(taken[kept], shown[kept], *np.exp(logs)).sum())

        found = optimize.minimize(loss, [0.5, 2.0], method="Nelder-Mead", options={"maxiter": 200})
        parameters: NDArray[np.float64] = np.exp(found.x)
        return parameters

    def mid_p(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        tail: NDArray[np.float64] = stats.betabinom.cdf(taken, shown, *parameters)
        tail -= 0.5 * stats.betabinom.pmf(taken, shown, *parameters)
        return tail

    p = mid_p(fit(np.ones(len(shown), bool)))
    for _ in range(2):
        p = mid_p(fit(p > 0.5 / len(shown)))
    z: NDArray[np.float64] = np.clip(stats.norm.isf(np.clip(p, 1e-300, 1)), 0, 40)
    return z
