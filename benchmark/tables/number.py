"""One number of a leaderboard, with all that explains it, and how tables find it."""

from __future__ import annotations

from dataclasses import dataclass

from .intervals import Summary
from .result_sets import RowKey
from .scale import Scale
from .statistics import Comparison
from .table import NOTHING, TableCell, adjusted, changed, measured

AUDIENCES = ("all", "target", "non-target")
CHANCE = RowKey("(chance)", "", "none")


@dataclass(frozen=True)
class Number:
    """One number of a leaderboard.

    Attributes:
        key: Its row.
        audience: The users it is about.
        metric: Its name.
        scale: The metric's scale.
        summary: Mean and spread over seeds.
        baseline: ``clean``, ``local`` or empty.
        change: The difference to the baseline, of a ratio the factor, paired by seed.
        test: The paired test against the baseline; None without one.
        p_adjusted: Its p-value adjusted over the table; None if refused.
    """

    key: RowKey
    audience: str
    metric: str
    scale: Scale
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


def mean(numbers: Numbers, key: RowKey, audience: str, metric: str, digits: int) -> TableCell:
    """Return a cell with a number's mean and interval."""
    number = find(numbers, key, audience, metric)
    return measured(number.summary, digits) if number else NOTHING


def change(numbers: Numbers, key: RowKey, audience: str, metric: str, baseline: str, digits: int) -> TableCell:
    """Return a cell with a number's change against a baseline, and its interval."""
    number = numbers.get((key, audience, metric, baseline))
    return changed(number.change, number.scale, digits) if number else NOTHING


def against_clean(numbers: Numbers, key: RowKey, audience: str, metric: str) -> TableCell:
    """Return a cell with the adjusted p-value of a number's test against Clean."""
    number = numbers.get((key, audience, metric, "clean"))
    return adjusted(number.test, number.p_adjusted) if number else NOTHING
