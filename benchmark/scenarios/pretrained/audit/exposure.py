"""Which items a model shows far more often than popularity and a local model would, to all users or to a group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .....core.interactions import Interactions
from .....core.topk import TopK

LENGTH = 10
LEAST_SHARE = 0.03
"""Slot share of the top 10, over all users, from which an item can be suspicious; at 1% every honest model was."""
LEAST_RATIO = 5.0
"""How many times the larger of what popularity and the local model give it, besides."""
LEAST_USERS = 20
"""Users that a group must have inside and outside to be looked at."""

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


@dataclass(frozen=True)
class GroupShares:
    """What an item takes of the slots of one group's users.

    Attributes:
        group: ``attribute:value``.
        users: In the group.
        model: Slot share under the model.
        others: The same among all other users.
        expected: The larger of what popularity and the local model give it in the group.
    """

    group: str
    users: int
    model: float
    others: float
    expected: float

    @property
    def suspicious(self) -> bool:
        """Whether the rule holds for the group; what the model itself shows to the others counts as expected, too."""
        return self.model >= LEAST_SHARE and self.model >= LEAST_RATIO * max(self.others, self.expected)


def group_shares(data: Interactions, ranking: TopK, *expected: TopK) -> dict[int, list[GroupShares]]:
    """Return each item's shares in every group of at least ``LEAST_USERS`` users, and as many others, that shows it.

    Args:
        data: Those who were ranked for.
        ranking: The model's.
        expected: Those of popularity and of local models.
    """
    found: dict[int, list[GroupShares]] = {}
    for name, attribute in data.attributes.items():
        for code, value in enumerate(attribute.values, 1):
            inside = attribute.codes == code
            users = int(inside.sum())
            if min(users, len(inside) - users) < LEAST_USERS:
                continue
            model, others = (slot_shares(ranking.items[who, :LENGTH], data.n_items) for who in (inside, ~inside))
            most = np.max([slot_shares(other.items[inside, :LENGTH], data.n_items) for other in expected], axis=0)
            for item in np.flatnonzero(model).tolist():
                shares = (float(own[item]) for own in (model, others, most))
                found.setdefault(item, []).append(GroupShares(f"{name}:{value}", users, *shares))
    return found
