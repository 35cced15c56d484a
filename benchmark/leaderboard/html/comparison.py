"""Two folders of results side by side, as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence

from ...tables.table import Table
from ..compare import ResultsComparison
from .environment import render


def comparison_page(found: ResultsComparison, tables: Sequence[Table], said: Sequence[str]) -> bytes:
    """Return the page.

    Args:
        found: The comparison.
        tables: The numbers that differ.
        said: What else to say of them, a sentence each.
    """
    first, second = found.names
    return render(
        "comparison.html", title=f"{first} and {second}", sentences=[*found.sentences(), *said], tables=tables
    )
