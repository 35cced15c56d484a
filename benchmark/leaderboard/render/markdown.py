"""Tables as Markdown, in which no name from outside can be more than text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from ...tables.table import Table
from .cells import flat, written

_ENTITIES = {c: f"&#{ord(c)};" for c in "&|`*[]\\~$#"}
_BARE = [  # what these patterns match has a meaning only there
    r"<(?![ =])",  # a tag
    r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])",  # emphasis, if not inside a word
    r"(?<!\w)@|@(?=[\w-]*\.\w)",  # a mention or an address; HIT@5 is neither
    r"(?<=[A-Za-z]):(?=//)|(?i:(?<=\bwww)\.|(?<=\bmailto):|(?<=\bxmpp):)",  # a link
]
_BLOCK = r"^[^\w&]|(?<=^\d)[.)]|(?<=^\d\d)[.)]"
"""What begins a block, e.g. a list, at the beginning of a paragraph or inside a list."""


def escape(text: object, first: bool = True) -> str:
    """Return text that shows as itself in a Markdown table or paragraph: no markup, HTML, link or mention.

    Args:
        text: The text; line breaks in it become spaces.
        first: Whether it may stand at the beginning of a line.
    """
    result = "".join(_ENTITIES.get(c, c) for c in flat(text))
    for pattern in (*_BARE, _BLOCK) if first else _BARE:
        result = re.sub(pattern, lambda found: f"&#{ord(found[0])};", result)
    return result


def render(tables: Sequence[Table]) -> str:
    """Return tables one after another, each result set's under a heading."""
    lines: list[str] = []
    for subject, group in groupby(tables, key=lambda table: table.subject):
        lines += [f"## {escape(subject)}", "", *sections(group)]
    return "\n".join(lines).rstrip("\n") + "\n"


def sections(tables: Iterable[Table]) -> list[str]:
    """Return the lines of tables one after another; those under one title share the heading."""
    lines: list[str] = []
    title = None
    for table in tables:
        if table.title != title:
            lines += [f"### {escape(table.title)}", ""]
        lines += [*body(table), *foot(table)]
        title = table.title
    return lines


def body(table: Table) -> list[str]:
    """Return the lines of a table and the notes on its content."""
    header = [escape(column.header) for column in table.columns]
    rule = ["---" if column.align == "left" else "---:" for column in table.columns]
    marks = [_strong if column.emphasis else str for column in table.columns]
    rows = ([written(cell, escape, strong=mark) for cell, mark in zip(row, marks, strict=True)] for row in table.rows)
    drawn = [*("| " + " | ".join(cells) + " |" for cells in (header, rule, *rows)), ""] if table.rows else []
    notes = (
        line for about, note in table.notes for line in (f"{_strong(escape(about))} {escape(note, first=False)}", "")
    )
    return [*drawn, *notes]


def foot(table: Table) -> list[str]:
    """Return the lines of a table's caption and sources."""
    lines = [line for text in map(escape, table.caption) if text for line in (f"*{text}*", "")]
    if table.sources:
        lines += [*(f"- {escape(name)}: {escape(source)}" for name, source in table.sources), ""]
    return lines


def _strong(text: str) -> str:
    return f"**{text}**" if text else ""
