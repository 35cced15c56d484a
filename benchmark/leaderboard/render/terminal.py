"""Tables for a terminal: as wide as they are in a pipe, cut into stacked pieces where the terminal is narrower."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby

from ...tables.table import Table
from .cells import flat, written

_GAP = 2
_READABLE = 24
"""To how many columns text may be narrowed before a table is cut."""
_LEAST = 8
"""To how many columns the names of rows may be narrowed when it is."""


def columns() -> int | None:
    """Return how many columns the terminal has that standard output goes to; None if it goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def render(tables: Sequence[Table], width: int | None = None) -> str:
    """Return tables one after another, under their subjects and titles and over their captions.

    Args:
        tables: The tables.
        width: Columns of the terminal; None cuts and wraps nothing.
    """
    lines: list[str] = []
    for subject, group in groupby(tables, key=lambda table: table.subject):
        lines += _paragraph(subject, width)
        for table in group:
            drawn = [*grid(table, width), ""] if table.rows else []
            lines += [*_paragraph(table.title, width), *drawn, *_foot(table, width)]
    return "\n".join(lines).rstrip("\n") + "\n"


def grid(table: Table, width: int | None = None) -> list[str]:
    """Return a table's lines.

    Where they would be wider than ``width``, long text is wrapped; where that is not enough, the columns stand in
    several pieces below each other, each of which begins with the columns that name the rows.
    """
    heads = [flat(column.header) for column in table.columns]
    rows = [[written(cell, flat) for cell in row] for row in table.rows]
    widths = [max(map(_width, column)) for column in zip(heads, *rows, strict=True)]
    every, names = range(len(heads)), range(table.keys)
    if width is not None:
        texts = [i for i in every if table.columns[i].align == "left"]
        widths, full = _narrowed(widths, texts, every, width, _READABLE), widths
        if _total(widths) > width:
            widths = _narrowed(full, names, names, width // 2, _LEAST)
            left = max(_LEAST, width - _total(widths[: table.keys]) - _GAP)
            widths = [w if i in names else min(w, left) for i, w in enumerate(widths)]
            pieces = _pieces(every[table.keys :], widths, left)
            drawn = [_piece(table, heads, rows, widths, (*names, *piece)) for piece in pieces]
            return [line for n, lines in enumerate(drawn) for line in ([""] if n else []) + lines]
    return _piece(table, heads, rows, widths, every)


def _narrowed(widths: Sequence[int], which: Sequence[int], counted: Sequence[int], room: int, least: int) -> list[int]:
    """Return widths of which some are made smaller, the widest first, until those that count fit or are small."""
    narrow = [*widths]
    while which and _total([narrow[i] for i in counted]) > room:
        widest = max(which, key=lambda i: narrow[i])
        if narrow[widest] <= least:
            break
        narrow[widest] -= 1
    return narrow


def _pieces(columns: Sequence[int], widths: Sequence[int], room: int) -> list[list[int]]:
    """Return columns in pieces that fit into the room: as few as can be, and about as wide as each other."""
    fewest = len(_filled(columns, widths, room))
    tries = (_filled(columns, widths, width) for width in range(room))
    return next((pieces for pieces in tries if len(pieces) <= fewest), _filled(columns, widths, room))


def _filled(columns: Sequence[int], widths: Sequence[int], room: int) -> list[list[int]]:
    pieces: list[list[int]] = [[]]
    for i in columns:
        if pieces[-1] and _total([widths[j] for j in (*pieces[-1], i)]) > room:
            pieces.append([])
        pieces[-1].append(i)
    return pieces


def _piece(
    table: Table, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], shown: Sequence[int]
) -> list[str]:
    rule = (" " * _GAP).join("-" * widths[i] for i in shown)
    above, *below = ([_wrapped(row[i], widths[i]) for i in shown] for row in (heads, *rows))
    aligned = [(widths[i], table.columns[i].align) for i in shown]
    return [*_lines(above, aligned), rule, *(line for row in below for line in _lines(row, aligned))]


def _lines(row: Sequence[Sequence[str]], aligned: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Yield the lines of one row, whose cells may have several."""
    for n in range(max(map(len, row))):
        texts = [cell[n] if n < len(cell) else "" for cell in row]
        padded = (_padded(text, *where) for text, where in zip(texts, aligned, strict=True))
        yield (" " * _GAP).join(padded).rstrip()


def _padded(text: str, width: int, align: str) -> str:
    space = " " * (width - _width(text))
    return text + space if align == "left" else space + text


def _wrapped(text: str, width: int) -> list[str]:
    """Return text in lines that are no wider than ``width``: between words, and inside those that are too long."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if _width(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and _width(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def _foot(table: Table, width: int | None) -> Iterator[str]:
    notes = [f"{about} {note}" for about, note in table.notes]
    sources = [f"{name}: {source}" for name, source in table.sources]
    for text in (*notes, *table.caption, *sources):
        yield from _paragraph(text, width)


def _paragraph(text: str, width: int | None) -> list[str]:
    return [*([flat(text)] if width is None else _wrapped(flat(text), width)), ""]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * max(0, len(widths) - 1)


def _width(text: str) -> int:
    """Return how many columns a terminal gives a text: two for a wide character, none for a mark on one."""
    return len(text) if text.isascii() else sum(map(_letter, text))


def _letter(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
