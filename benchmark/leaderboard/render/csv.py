"""Tables as CSV: a number and the ends of its interval in columns of their own, text that no spreadsheet computes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ...tables.table import Table, TableCell
from .cells import flat

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe(text: object) -> str:
    """Return text that a spreadsheet takes for text: a leading quote where it would be a formula."""
    plain = flat(text)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def number(value: float | None) -> str:
    """Return a number as every CSV file has it: six digits that count, nothing where there is none."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value + 0.0:.6g}"  # + 0.0: no negative zero


def lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return CSV with a header; cells are safe already."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def render(tables: Sequence[Table]) -> str:
    """Return tables one after another, an empty line between two.

    A column whose numbers have intervals is followed by those for the lower ends, ``… low``, the upper ends,
    ``… high``, and how many values, mostly seeds, each is made from, ``… n``. Captions are left out.
    """
    return "\n".join(map(_table, tables))


def _table(table: Table) -> str:
    spread = [any(row[place].low is not None for row in table.rows) for place in range(len(table.columns))]
    names = [safe(column.header) for column in table.columns]
    header = [
        text
        for name, wide in zip(names, spread, strict=True)
        for text in ([name, f"{name} low", f"{name} high", f"{name} n"] if wide else [name])
    ]
    rows = (
        [
            text
            for cell, wide in zip(row, spread, strict=True)
            for text in ([_cell(cell), number(cell.low), number(cell.high), number(cell.n)] if wide else [_cell(cell)])
        ]
        for row in table.rows
    )
    return lines(header, rows)


def _cell(cell: TableCell) -> str:
    if cell.parts:
        return "; ".join(map(_cell, cell.parts))
    if cell.text:
        return safe(f"{cell.text} ({cell.note})" if cell.note else cell.text)
    return number(cell.number)
