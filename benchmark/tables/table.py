"""Tables as data: cells keep number, interval and n, names are raw text; how they look is up to the renderers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from .intervals import Summary
from .result_sets import RowKey
from .scale import Scale
from .statistics import Comparison


@dataclass(frozen=True)
class Format:
    """How a number is written.

    Attributes:
        digits: Decimals.
        sign: Whether a plus stands before what is not negative.
        prefix: What stands before the number, e.g. ``×``.
        suffix: What follows the number, e.g. ``%``.
        style: ``interval``: mean [low, high]; ``range``: number (low to high);
            ``p``: a p-value, or that it is smaller than its last decimal can say.
        minus_zero: Whether what rounds to zero from below keeps its minus.
    """

    digits: int = 3
    sign: bool = False
    prefix: str = ""
    suffix: str = ""
    style: Literal["interval", "range", "p"] = "interval"
    minus_zero: bool = False


@dataclass(frozen=True)
class TableCell:
    """What stands in one place of a table; without number, text and parts there is nothing to say.

    Attributes:
        number: The number, in the column's unit.
        low: Lower end of its interval or range.
        high: Upper end of its interval or range.
        n: How many values, mostly seeds, it is made from.
        text: Raw text that is written in the number's place, e.g. a name, or why there is no number.
        note: Raw text that explains ``text``, in brackets after it.
        format: How the number is written.
        parts: Cells that stand here together, instead of all the above.
    """

    number: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    text: str = ""
    note: str = ""
    format: Format = Format()
    parts: tuple[TableCell, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        header: Its name, raw text.
        align: ``left``, as text is, or ``right``, as numbers are.
        unit: The numbers' unit in words, empty where the header says it or there is none.
        meaning: What the numbers are, for who reads the header for the first time.
        emphasis: Whether its text is what the table is read for.
    """

    header: str
    align: Literal["left", "right"] = "right"
    unit: str = ""
    meaning: str = ""
    emphasis: bool = False


@dataclass(frozen=True)
class Table:
    """One table; every string in it is raw, and escaping is the renderers'.

    Attributes:
        name: By which it is asked for, e.g. ``summary``; unique within a result set.
        title: Its heading; tables that follow each other under the same one share it.
        columns: From left to right.
        rows: Cells, as many in each row as there are columns.
        keys: How many columns, from the left, name the row; a table that is cut repeats them.
        caption: Paragraphs on how to read it.
        notes: Remarks on its content: what each is about, and the remark.
        sources: What names in it stand for: name and where it comes from.
        subject: Data set, victim and protocol that it is about.
        about: The result set's row that each row is about, or chance; empty where rows are about something else.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    keys: int = 1
    caption: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    subject: str = ""
    about: tuple[RowKey, ...] = ()

    def __post_init__(self) -> None:
        """Hold every row against the columns.

        Raises:
            ValueError: If a row has more or fewer cells than there are columns, or only some say what they are about.
        """
        if len(self.about) not in (0, len(self.rows)):
            raise ValueError(f"table {self.name}: {len(self.about)} of {len(self.rows)} rows say what they are about")
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.name}: a row has {len(row)} cells for {len(self.columns)} columns")


NOTHING = TableCell()


def text(value: str) -> TableCell:
    """Return a cell of text."""
    return TableCell(text=value)


def count(value: int) -> TableCell:
    """Return a cell with a whole number."""
    return TableCell(value, format=Format(0))


def measured(summary: Summary, digits: int) -> TableCell:
    """Return a cell with a mean over seeds and its 95% interval, where there is one, or why there is no mean."""
    return TableCell(
        summary.mean, summary.low, summary.high, summary.n, text=summary.reason or "", format=Format(digits)
    )


def changed(summary: Summary, scale: Scale, digits: int) -> TableCell:
    """Return a cell with a change paired by seed and its 95% interval: a signed difference, or a ratio's factor."""
    prefix = scale.unit_of_change
    return replace(measured(summary, digits), format=Format(digits, sign=not prefix, prefix=prefix))


def p_value(p: float | None) -> TableCell:
    """Return a cell with a p-value."""
    return TableCell(p, format=Format(style="p"))


def adjusted(test: Comparison | None, p: float | None) -> TableCell:
    """Return a cell with a test's adjusted p-value, or with why it has none."""
    if test is None:
        return NOTHING
    return text(f"none: {test.reason}") if p is None else p_value(p)
