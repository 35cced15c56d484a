"""Numbers and sentences as every scenario's tables write them."""

from __future__ import annotations

from .markdown import escape
from .result_sets import ResultSet, RowKey
from .statistics import Comparison, Summary

NONE = "–"


def interval(summary: Summary, digits: int, sign: str = "") -> str:
    """Return ``mean ± half width of the 95% interval``, or the mean alone where there is no interval."""
    if summary.mean is None:
        return NONE
    mean = f"{round(summary.mean, digits) + 0.0:{sign}.{digits}f}"
    return mean if summary.half is None else f"{mean} ± {summary.half:.{digits}f}"


def p_value(p: float) -> str:
    """Return a p-value with three decimals, or that it is smaller."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def csv_number(value: float | None) -> str:
    """Return a number as every CSV file has it: six digits that count, nothing where there is none."""
    return "" if value is None else f"{value + 0.0:.6g}"  # + 0.0: no negative zero


def adjusted(test: Comparison | None, p: float | None) -> str:
    """Return a test's adjusted p-value, or why it has none."""
    if test is None:
        return NONE
    return f"none: {test.reason}" if p is None else p_value(p)


def uneven(result_set: ResultSet) -> list[str]:
    """Return a sentence for each row that has fewer seeds than the result set's best-supplied one."""
    every = {seed for records in result_set.rows.values() for seed in records}
    return [
        f"{_name(key)}: {len(records)} of {len(every)} seeds, without {_listed(every - {*records})}."
        for key, records in result_set.rows.items()
        if len(records) < len(every)
    ]


def _listed(seeds: set[int]) -> str:
    return ", ".join(map(str, sorted(seeds)))


def _name(key: RowKey) -> str:
    parts = (key.attack, key.mode, key.defense if key.defense != "none" else "")
    return escape(" · ".join(part for part in parts if part))
