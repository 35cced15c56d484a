"""What exposure of target users and of others differs by, and the least that can be seen of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

FOUR = ("HIT@5", "NDCG@5", "HIT@10", "NDCG@10")


def difference(target: Sequence[float], nontarget: Sequence[float]) -> float:
    """Return the mean of the differences target - non-target, in the values' unit."""
    return math.fsum(a - b for a, b in zip(target, nontarget, strict=True)) / len(target)


def floors_of(n_target_users: int, n_other_users: int, n_targets: int) -> list[float]:
    """Return the smallest value of each of ``FOUR`` that the smaller audience can show, in percent.

    It is what one single hit at the last place of the list gives: nothing below it can be told from nothing.
    """
    one = 100.0 / (min(n_target_users, n_other_users) * n_targets)
    return [one, one / math.log2(6), one, one / math.log2(11)]
