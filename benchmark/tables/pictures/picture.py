"""What a picture shows: points, cells and intervals, each of one row of a result set; every string is raw text."""

from __future__ import annotations

from dataclasses import dataclass

from ..intervals import Summary
from ..result_sets import RowKey


@dataclass(frozen=True)
class Mark:
    """One number, or one pair of numbers, in a picture.

    Attributes:
        label: What it is, with its numbers.
        about: The row that it is of.
        y: The number: height of a point, value of a cell, place of an interval.
        x: Of a point, how far to the right it is.
        method: By which it is coloured.
        shape: By which a point's shape is chosen, e.g. the mode.
        before: Of a point, the row without the defense that led here; None where there is no defense.
    """

    label: str
    about: RowKey
    y: Summary
    x: Summary | None = None
    method: str = ""
    shape: str = ""
    before: RowKey | None = None


@dataclass(frozen=True)
class Picture:
    """What all pictures have.

    Attributes:
        name: Its file's, without ending; unique within a result set.
        title: Its heading.
        caption: How it is read.
        subject: Data set and victim.
        unit: What its numbers are, on the axis along which they lie.
        methods: All of the result set's, by which colours are chosen: the same in each of its pictures.
    """

    name: str
    title: str
    caption: str
    subject: str
    unit: str
    methods: tuple[str, ...]


@dataclass(frozen=True)
class Scatter(Picture):
    """Points by two numbers each, in panels beside each other.

    Attributes:
        across: What lies on the horizontal axis.
        panels: Each panel's title, empty where there is one alone, and its points.
        curves: Whether the horizontal axis is logarithmic, and a line joins a method's points.
    """

    across: str
    panels: tuple[tuple[str, tuple[Mark, ...]], ...]
    curves: bool = False


@dataclass(frozen=True)
class HeatMap(Picture):
    """A number for each pair of an attack and a defense.

    Attributes:
        rows: Names of rows, from the top.
        columns: Names of columns, from the left.
        cells: By row and column; None where there is none.
        digits: Decimals that are shown.
        highest: The number of the densest colour, e.g. 100 of percentages; None takes the largest.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Mark | None, ...], ...]
    digits: int
    highest: float | None = None


@dataclass(frozen=True)
class Intervals(Picture):
    """Means with their intervals, in panels beside each other.

    Attributes:
        rows: Names of rows, from the top; all panels share them.
        panels: Each panel's title and its marks by row; None where there is none.
        log: Whether the axis is logarithmic.
        reference: Where a line stands, e.g. at chance; None for none.
    """

    rows: tuple[str, ...]
    panels: tuple[tuple[str, tuple[Mark | None, ...]], ...]
    log: bool = False
    reference: float | None = None


def marks(picture: Picture) -> list[Mark]:
    """Return all marks of a picture, in the order in which they are drawn."""
    match picture:
        case Scatter():
            return [mark for _, panel in picture.panels for mark in panel]
        case HeatMap():
            return [mark for row in picture.cells for mark in row if mark]
        case Intervals():
            return [mark for _, panel in picture.panels for mark in panel if mark]
    raise TypeError(f"nobody draws a {type(picture).__name__}")
