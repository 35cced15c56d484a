"""A log replayed: to whom a model would have shown each item, who took it, and whether that are few."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...core.interactions import Interactions

if TYPE_CHECKING:
    from .open_model import OpenModel


def replay(model: OpenModel, data: Interactions, top: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return of each item, int64 ``[n_items + 1]``, how many users would have been shown it, and took it.

    Args:
        model: The model that makes the lists.
        data: Users and what they took.
        top: Length of a list, made after each item of a history but the last.
    """
    n_items = model.n_items
    shown, taken = (np.zeros((data.n_users, n_items + 1), bool) for _ in range(2))
    for users, read, scores in model.scores_along(data):
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
