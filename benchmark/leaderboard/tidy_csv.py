"""The leaderboard as tidy CSV: one row a number, fixed formats, so that a rebuild is the same to the byte."""

from __future__ import annotations

import functools
from collections.abc import Callable

from ..tables.number import Number
from ..tables.result_sets import ResultSet
from .aggregate import Aggregated
from .render import csv

HEADER = [
    "dataset",
    "model",
    "attack",
    "mode",
    "defense",
    "audience",
    "metric",
    "scale",
    "n_seeds",
    "mean",
    "std",
    "ci_low",
    "ci_high",
    "baseline",
    "p_value",
    "p_adjusted",
    "effect_size",
]


def csv_bytes(found: Aggregated) -> bytes:
    """Return the CSV of all result sets of one protocol (UTF-8; empty where there is no number)."""
    safe = functools.cache(csv.safe)  # a name stands in thousands of rows
    rows = (
        [_text(value, safe) for value in values(result_set, number)]
        for result_set, numbers in found
        for number in numbers.values()
    )
    return csv.lines(HEADER, rows).encode()


def values(result_set: ResultSet, n: Number) -> list[str | int | float | None]:
    """Return a number's row, not yet rounded, in the order of ``HEADER``."""
    s = n.summary
    names = (result_set.dataset, result_set.model, *n.key, n.audience, n.metric, n.scale.value)
    tested = (n.test.p, n.p_adjusted, n.test.effect_size) if n.test else (None, None, None)
    return [*names, s.n, s.mean, s.std, s.low, s.high, n.baseline, *tested]


def _text(value: str | int | float | None, safe: Callable[[str], str]) -> str:
    if isinstance(value, str):
        return safe(value)
    return str(value) if isinstance(value, int) else csv.number(value)
