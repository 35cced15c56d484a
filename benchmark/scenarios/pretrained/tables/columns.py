"""Columns of the scenario's tables, explained by its list of metrics."""

from __future__ import annotations

from ....tables.table import Column
from ..metrics.measure import METRICS


def column(metric: str, header: str = "", of: str = "") -> Column:
    """Return a metric's column.

    Args:
        metric: Its name.
        header: The column's; by default the metric's name.
        of: What else to say of it, e.g. whom it is about.
    """
    unit, meaning, *_ = METRICS[metric]
    return Column(header or metric, unit=unit, meaning=f"{meaning}; {of}" if of else meaning)


def labels(*headers: str) -> list[Column]:
    """Return columns of names."""
    return [Column(header, "left") for header in headers]
