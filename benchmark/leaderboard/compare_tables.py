"""A comparison as tables: the numbers that differ, a table a data set and model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from ..tables.table import NOTHING, Column, Table, TableCell, changed, count, p_value, text
from .compare import Difference

_NAMES = ("attack", "mode", "defense", "users", "metric")
_HEADER = (
    *(Column(name, "left") for name in _NAMES),
    Column("first", meaning="mean over the seeds that both have"),
    Column("second", meaning="the same in the second"),
    Column("difference", meaning="second - first, of a ratio the factor, with its 95% interval"),
    Column("seeds"),
    Column("adjusted p", meaning="two-sided, paired by seed, Holm over the rows of a metric whose attacks aim alike"),
)


def compare_tables(differences: Sequence[Difference], metrics: Iterable[str]) -> list[Table]:
    """Return tables of the numbers of these metrics that are not the same in both, in the differences' order."""
    wanted = {*metrics}
    shown = [one for one in differences if one.metric in wanted and not one.is_zero]
    groups = groupby(shown, key=lambda one: f"{one.result_set.dataset} · {one.result_set.model}")
    return [
        Table("compare", title, _HEADER, rows, len(_NAMES), about=tuple(one.key for one in group))
        for title, group in ((title, list(own)) for title, own in groups)
        if (rows := tuple(map(_row, group)))
    ]


def closing(differences: Sequence[Difference], metrics: Iterable[str]) -> list[str]:
    """Return in words how many numbers differ, how many of them are not shown, and why there is no test."""
    wanted = {*metrics}
    differ = [one for one in differences if not one.is_zero]
    shown = [one for one in differ if one.metric in wanted]
    hidden = len(differ) - len(shown)
    more = f", {hidden} of them not shown (--metrics, --json)" if hidden else ""
    same = len(differences) - len(differ)
    said = [f"{len(differences)} numbers: {same} the same in both in every seed, {len(differ)} differ{more}."]
    reasons = sorted({one.test.reason for one in shown if one.test.reason})
    return [*said, *([f"No test: {'; '.join(reasons)}."] if reasons else [])]


def _row(one: Difference) -> tuple[TableCell, ...]:
    names = (text(part) for part in (*one.key, one.audience, one.metric))
    means = (NOTHING if mean is None else text(f"{mean:.4g}") for mean in (one.first, one.second))
    return (*names, *means, changed(one.change, one.scale, 4), count(one.change.n), p_value(one.p_adjusted))
