"""The leaderboard as tidy CSV: one row a number, fixed formats, so that a rebuild is the same to the byte."""

from __future__ import annotations

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
    rows = (_cells(result_set, number) for result_set, numbers in found for number in numbers.values())
    return csv.lines(HEADER, rows).encode()


def _cells(result_set: ResultSet, n: Number) -> list[str]:
    names = (result_set.dataset, result_set.model, *n.key, n.audience, n.metric)
    s = n.summary
    spread = [csv.number(v) for v in (s.mean, s.std, s.low, s.high)]
    tested = (n.test.p, n.p_adjusted, n.test.effect_size) if n.test else (None, None, None)
    return [*map(csv.safe, names), str(s.n), *spread, n.baseline, *map(csv.number, tested)]
