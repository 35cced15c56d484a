"""Ablations: what an attack's options change, each variant against the same attack's first one."""

from __future__ import annotations

from collections.abc import Iterator

from ....stages.setting import BASELINES
from ....tables.result_sets import ResultSet, RowKey, method_name
from ....tables.statistics import differences, holm, paired, summarize
from ....tables.table import Column, Table, adjusted, measured, text
from .columns import column, labels

COLUMNS = (
    ("ΔHIT@5 of targets %", "target", "HIT@5", 2),
    ("others' ΔHIT@5 %", "non-target", "HIT@5", 2),
    ("Δλ", "all", "lambda", 2),
    ("ΔHR@10", "all", "HR@10", 4),
)
CAPTION = (
    "Differences: paired by seed, with 95% intervals. p: two-sided t-test of the difference in λ, or in HIT@5 "
    "for attacks on all users, paired over seeds, Holm over this table."
)


def variants_table(result_set: ResultSet) -> Table | None:
    """Return the table, or None where no attack stands with several settings."""
    pairs = list(_pairs(result_set))
    if not pairs:
        return None
    tests = [paired(*(result_set.sample(key, "all", _judged(result_set, key)) for key in pair)) for pair in pairs]
    ps = holm([test.p for test in tests])
    rows = []
    for (ours, theirs), test, p in zip(pairs, tests, ps, strict=True):
        cells = []
        for _, audience, metric, digits in COLUMNS:
            change = differences(result_set.sample(ours, audience, metric), result_set.sample(theirs, audience, metric))
            cells.append(measured(summarize({**change}), digits, sign=True))
        rows.append((text(ours.attack), text(theirs.attack), text(ours.mode), *cells, adjusted(test, p)))
    columns = (
        *labels("variant", "against", "mode"),
        *(column(metric, header, f"difference, users: {audience}") for header, audience, metric, _ in COLUMNS),
        Column("p"),
    )
    return Table("variants", "Variants of one attack", columns, tuple(rows), keys=3, caption=(CAPTION,))


def _judged(result_set: ResultSet, key: RowKey) -> str:
    return "lambda" if result_set.audience(key) == "group" else "HIT@5"


def _pairs(result_set: ResultSet) -> Iterator[tuple[RowKey, RowKey]]:
    """Yield each variant's row with that of the first label of the same attack, mode by mode."""
    shown = [key for key in result_set.rows if key.defense == "none" and key.attack not in BASELINES]
    for key in shown:
        first = next(
            other for other in shown if (method_name(other.attack), other.mode) == (method_name(key.attack), key.mode)
        )
        if first != key:
            yield key, first
