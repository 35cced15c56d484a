"""The one table to look at first, for a terminal."""

from __future__ import annotations

from .. import scenarios
from ..tables.number import Numbers
from ..tables.result_sets import ResultSet
from .render import terminal


def summary_text(result_set: ResultSet, numbers: Numbers) -> str:
    """Return the table without its caption, as wide as the terminal that standard output goes to, if it is one."""
    table = scenarios.get(result_set.scenario).summary(result_set, numbers)
    return "\n".join(terminal.grid(table, terminal.columns()))
