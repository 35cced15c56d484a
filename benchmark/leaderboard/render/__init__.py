"""Tables for eyes and for programs; only here names from outside become markup, so only here they are escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...tables.table import Table
from . import csv, json, latex, markdown, terminal

FORMATS: Mapping[str, Callable[[Sequence[Table]], str]] = {
    "terminal": lambda tables: terminal.render(tables, terminal.columns()),
    "markdown": markdown.render,
    "csv": csv.render,
    "latex": latex.render,
    "json": json.render,
}
"""Format to what writes tables in it, for standard output."""
