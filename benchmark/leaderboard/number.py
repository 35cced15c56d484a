"""One number of a leaderboard, with all that explains it."""

from __future__ import annotations

from dataclasses import dataclass

from .sections import Key
from .statistics import Comparison, Summary

AUDIENCES = ("all", "target", "non-target")
CHANCE = Key("(chance)", "", "none")


@dataclass(frozen=True)
class Number:
    """One number of a leaderboard.

    Attributes:
        key: Its row.
        audience: The users it is about.
        metric: Its name.
        summary: Mean and spread over seeds.
        baseline: ``clean``, ``local`` or empty.
        change: The difference to the baseline, paired by seed.
        test: The paired test against the baseline; None without one.
        p_adjusted: Its p-value adjusted over the table; None if refused.
    """

    key: Key
    audience: str
    metric: str
    summary: Summary
    baseline: str
    change: Summary
    test: Comparison | None
    p_adjusted: float | None = None


Numbers = dict[tuple[Key, str, str, str], Number]
