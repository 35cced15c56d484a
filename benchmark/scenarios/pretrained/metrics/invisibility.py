"""λ: how much more often target users than others are shown the target items."""

from __future__ import annotations

import math
from collections.abc import Sequence

FOUR = ("HIT@5", "NDCG@5", "HIT@10", "NDCG@10")


def invisibility(target: Sequence[float], nontarget: Sequence[float], floors: Sequence[float] | None = None) -> float:
    """Return λ, the mean of the ratios target/non-target, each side first raised to its floor.

    The same floor on both sides can only pull a ratio towards 1: nothing over nothing is 1,
    something over nothing is finite and too small, nothing over something is too large.

    Args:
        target: The target users' values of ``FOUR``, in any one unit.
        nontarget: The other users' values, in the same order and unit.
        floors: A floor for each of them (see :func:`floors_of`); without, ratios over 0 are infinite
            (0/0: nan).

    Source: Table 1 of "Attacking Pre-trained Recommendation", whose λ this reproduces in nine of
    ten rows; the tenth (CIKM, PEA direct) has an NDCG@10 of 0.0 and cannot be meant as printed.
    """
    floors = floors or [0.0] * len(target)
    ratios = [_ratio(max(a, f), max(b, f)) for a, b, f in zip(target, nontarget, floors, strict=True)]
    return math.fsum(ratios) / len(ratios)


def difference(target: Sequence[float], nontarget: Sequence[float]) -> float:
    """Return the mean of the differences target - non-target, in the values' unit."""
    return math.fsum(a - b for a, b in zip(target, nontarget, strict=True)) / len(target)


def floors_of(n_target_users: int, n_other_users: int, n_targets: int) -> list[float]:
    """Return the smallest value of each of ``FOUR`` that the smaller audience can show, in percent.

    It is what one single hit at the last place of the list gives: nothing below it can be told from nothing.
    """
    one = 100.0 / (min(n_target_users, n_other_users) * n_targets)
    return [one, one / math.log2(6), one, one / math.log2(11)]


def _ratio(a: float, b: float) -> float:
    if b:
        return a / b
    return math.inf if a else math.nan
