"""One number of a leaderboard, with all that explains it, and how tables write it."""

from __future__ import annotations

from dataclasses import dataclass

from .formats import NONE, adjusted, interval
from .result_sets import RowKey
from .statistics import Comparison, Summary

AUDIENCES = ("all", "target", "non-target")
CHANCE = RowKey("(chance)", "", "none")


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

    key: RowKey
    audience: str
    metric: str
    summary: Summary
    baseline: str
    change: Summary
    test: Comparison | None
    p_adjusted: float | None = None


Numbers = dict[tuple[RowKey, str, str, str], Number]


def find(numbers: Numbers, key: RowKey, audience: str, metric: str) -> Number | None:
    """Return a number, whatever it is compared with."""
    found = (numbers.get((key, audience, metric, baseline)) for baseline in ("clean", "local", ""))
    return next((number for number in found if number), None)


def mean(numbers: Numbers, key: RowKey, audience: str, metric: str, digits: int) -> str:
    """Return a number's mean and interval as text."""
    number = find(numbers, key, audience, metric)
    return interval(number.summary, digits) if number else NONE


def against_clean(numbers: Numbers, key: RowKey, audience: str, metric: str) -> str:
    """Return the adjusted p-value of a number's test against Clean as text."""
    number = numbers.get((key, audience, metric, "clean"))
    return adjusted(number.test, number.p_adjusted) if number else NONE
