"""The one table to look at first, for a page and for a terminal."""

from __future__ import annotations

from .. import scenarios
from ..tables.markdown import escape, flat, table
from ..tables.number import Numbers
from ..tables.result_sets import ResultSet


def summary_markdown(result_set: ResultSet, numbers: Numbers) -> list[str]:
    """Return the table as Markdown, with a line on how to read it."""
    scenario = scenarios.get(result_set.scenario)
    header, rows = scenario.summary(result_set, numbers)
    texts = 3 if "defense" in header else 2
    cells = [[*map(escape, row[:texts]), *row[texts:]] for row in rows]  # names come from outside, numbers from here
    lines = table([escape(name) for name in header], cells, texts)
    return [*lines, "", f"*{scenario.reading}*"]


def summary_text(result_set: ResultSet, numbers: Numbers) -> str:
    """Return the table for a terminal."""
    from tabulate import tabulate

    header, rows = scenarios.get(result_set.scenario).summary(result_set, numbers)
    plain = [[flat(cell) for cell in row] for row in rows]
    right = ("left",) * 2 + ("right",) * (len(header) - 2)
    return tabulate(plain, headers=header, tablefmt="simple", colalign=right, disable_numparse=True)
