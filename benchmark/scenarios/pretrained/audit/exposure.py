"""Which items a model shows far more often than popularity and a local model would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .....core.interactions import Interactions
from .....core.topk import TopK

LENGTH = 10
LEAST_SHARE = 0.03
"""Slot share of the top 10, over all users, from which an item can be suspicious; at 1% every honest model was."""
LEAST_RATIO = 5.0
"""How many times the larger of what popularity and the local model give it, besides."""

Shares = NDArray[np.float64]


def slot_shares(items: NDArray[np.integer], n_items: int) -> Shares:
    """Return float64 ``[n_items + 1]``: the share of all slots that each item takes; unused slots count.

    Args:
        items: ``[users, k]``; item ids, 0 for an unused slot.
        n_items: Number of items.
    """
    counts = np.bincount(items.ravel(), minlength=n_items + 1).astype(np.float64)
    counts[0] = 0
    return counts / max(items.size, 1)


def by_popularity(data: Interactions) -> TopK:
    """Rank items for each user by their number of interactions, test items not counted; history is masked.

    Ties go to the lower id. The held-out item is ranked even where the history holds it.
    """
    history = data.drop_last(1)
    counts = history.item_counts()[1:]
    order = np.argsort(-counts, kind="stable") + 1
    tops, ranks, candidates = [], [], []
    for user in range(data.n_users):
        truth = int(data.of(user)[-1])
        masked = np.zeros(data.n_items + 1, bool)
        masked[history.of(user)] = True
        masked[truth] = False
        left = order[~masked[order]]
        tops.append(np.pad(left[:LENGTH], (0, max(0, LENGTH - len(left)))))
        ranks.append(int(np.flatnonzero(left == truth)[0]) + 1)
        candidates.append(len(left))
    return TopK(np.array(tops, np.int32), np.array(ranks, np.int32), np.array(candidates, np.int32))


def suspicious(model: Shares, *expected: Shares) -> NDArray[np.int64]:
    """Return the ids of suspicious items, the most shown first.

    Args:
        model: float64 ``[n_items + 1]``: each item's slot share under the model.
        expected: The same under popularity and under local models.
    """
    most = np.max(expected, axis=0)
    found = np.flatnonzero((model >= LEAST_SHARE) & (model >= LEAST_RATIO * most))
    return found[np.argsort(-model[found], kind="stable")]
