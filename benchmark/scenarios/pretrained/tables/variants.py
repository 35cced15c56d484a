"""Ablations: what an attack's options change, each variant against the same attack's first one."""

from __future__ import annotations

from collections.abc import Iterator

from ....stages.setting import BASELINES
from ....tables.intervals import change
from ....tables.result_sets import ResultSet, RowKey, method_name
from ....tables.statistics import Comparison, holm, paired
from ....tables.table import Column, Table, adjusted, changed, text
from ..metrics.measure import METRICS
from .columns import column, labels

COLUMNS = (
    ("ΔHIT@5 of targets %", "target", "HIT@5", 2),
    ("others' ΔHIT@5 %", "non-target", "HIT@5", 2),
    ("change of λ", "all", "lambda", 3),
    ("ΔHR@10", "all", "HR@10", 4),
)
CAPTION = (
    "Differences, and factors (×) of λ: paired by seed, with 95% intervals. p: two-sided t-test of the difference in "
    "log λ, or in HIT@5 for attacks on all users, paired over seeds, Holm over this table."
)


def variants_table(result_set: ResultSet) -> Table | None:
    """Return the table, or None where no attack stands with several settings."""
    pairs = list(_pairs(result_set))
    if not pairs:
        return None
    tests = [_test(result_set, *pair) for pair in pairs]
    ps = holm([test.p for test in tests])
    rows = []
    for (ours, theirs), test, p in zip(pairs, tests, ps, strict=True):
        cells = []
        for _, audience, metric, digits in COLUMNS:
            a, b = (result_set.sample(key, audience, metric) for key in (ours, theirs))
            scale = METRICS[metric].scale
            cells.append(changed(change(a, b, scale), scale, digits))
        rows.append((text(ours.attack), text(theirs.attack), text(ours.mode), *cells, adjusted(test, p)))
    columns = (
        *labels("variant", "against", "mode"),
        *(column(metric, header, f"change, users: {audience}") for header, audience, metric, _ in COLUMNS),
        Column("p"),
    )
    return Table("variants", "Variants of one attack", columns, tuple(rows), keys=3, caption=(CAPTION,))


def _test(result_set: ResultSet, ours: RowKey, theirs: RowKey) -> Comparison:
    metric = "lambda" if result_set.audience(ours) == "group" else "HIT@5"
    a, b = (result_set.sample(key, "all", metric) for key in (ours, theirs))
    return paired(a, b, METRICS[metric].scale)


def _pairs(result_set: ResultSet) -> Iterator[tuple[RowKey, RowKey]]:
    """Yield each variant's row with that of the first label of the same attack, mode by mode."""
    shown = [key for key in result_set.rows if key.defense == "none" and key.attack not in BASELINES]
    for key in shown:
        first = next(
            other for other in shown if (method_name(other.attack), other.mode) == (method_name(key.attack), key.mode)
        )
        if first != key:
            yield key, first
