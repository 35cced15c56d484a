"""What a cell says, in the characters that all renderers for eyes share."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from ...tables.table import Format, TableCell

NONE = "–"
Mark = Callable[[str], str]


def flat(text: object) -> str:
    """Return text on one line: control, format and surrogate characters become spaces."""
    return " ".join("".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in str(text)).split())


def written(cell: TableCell, escape: Mark, number: Mark = str, strong: Mark = str) -> str:
    """Return all that a cell says.

    Args:
        cell: The cell.
        escape: Makes raw text show as itself.
        number: Typesets a number as :func:`number_text` writes it.
        strong: Emphasises escaped text.
    """
    if cell.parts:
        return "; ".join(written(part, escape, number, strong) for part in cell.parts)
    if cell.text:
        return strong(escape(cell.text)) + (f" ({escape(cell.note)})" if cell.note else "")
    return number(NONE if cell.number is None else number_text(cell))


def number_text(cell: TableCell) -> str:
    """Return a cell's number with its interval, e.g. ``44.06 [36.69, 51.69]``.

    The number stands alone where there is no interval, or where all values are the same.
    """
    form, value = cell.format, cell.number
    if value is None:
        return NONE
    if form.style == "p":
        least = 10**-form.digits
        return f"< {least:.{form.digits}f}" if value < least else _fixed(value, form)
    shown = form.prefix + _fixed(value, form)
    if cell.low is None or cell.high is None or (form.style == "interval" and cell.low == cell.high):
        return shown
    low, high = _fixed(cell.low, form), _fixed(cell.high, form)
    return f"{shown} ({low} to {high})" if form.style == "range" else f"{shown} [{low}, {high}]"


def _fixed(value: float, form: Format) -> str:
    shown = value if form.minus_zero else round(value, form.digits) + 0.0  # + 0.0: no negative zero
    return f"{shown:{'+' if form.sign else ''}.{form.digits}f}{form.suffix}"
