"""λ: how much more often target users than others are shown the target items."""

from __future__ import annotations

import math
from collections.abc import Sequence


def invisibility(target: Sequence[float], nontarget: Sequence[float], floors: Sequence[float] | None = None) -> float:
    """Return λ, the mean of the ratios target/non-target, each side first raised to its floor.

    The same floor on both sides can only pull a ratio towards 1: nothing over nothing is 1,
    something over nothing is finite and too small, nothing over something is too large.

    Args:
        target: The target users' values of some metrics of exposure, in any one unit.
        nontarget: The other users' values, in the same order and unit.
        floors: A floor for each of them, e.g. what one single hit gives; without, ratios over 0 are infinite
            (0/0: nan).

    Source: Table 1 of "Attacking Pre-trained Recommendation", whose λ this reproduces in nine of
    ten rows; the tenth (CIKM, PEA direct) has an NDCG@10 of 0.0 and cannot be meant as printed.
    """
    floors = floors or [0.0] * len(target)
    ratios = [_ratio(max(a, f), max(b, f)) for a, b, f in zip(target, nontarget, floors, strict=True)]
    return math.fsum(ratios) / len(ratios)


def _ratio(a: float, b: float) -> float:
    if b:
        return a / b
    return math.inf if a else math.nan
