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
    """Return a cell's number with its interval, e.g. ``44.06 ± 7.48``, or the number alone where there is none."""
    form, value = cell.format, cell.number
    if value is None:
        return NONE
    if form.style == "p":
        least = 10**-form.digits
        return f"< {least:.{form.digits}f}" if value < least else _fixed(value, form)
    if form.style == "range" and cell.low is not None and cell.high is not None:
        return f"{_fixed(value, form)} ({_fixed(cell.low, form)} to {_fixed(cell.high, form)})"
    return _fixed(value, form) + (f" ± {cell.half:.{form.digits}f}{form.suffix}" if cell.half is not None else "")


def _fixed(value: float, form: Format) -> str:
    shown = value if form.minus_zero else round(value, form.digits) + 0.0  # + 0.0: no negative zero
    return f"{shown:{'+' if form.sign else ''}.{form.digits}f}{form.suffix}"
