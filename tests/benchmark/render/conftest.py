"""A table in which every string is hostile, and the strings."""

from __future__ import annotations

import pytest

from rbench.benchmark.tables.table import Column, Format, Table, TableCell, count, p_value, text

NAMES = [
    "a|b || c",
    "\\",
    "\\\\[2em] \\newpage",
    "{ } {} }{",
    "$x^2$ & #h %c _d_ ~e",
    "<script>alert(1)</script>",
    "<!-- a > b -->",
    "&lt; &amp;",
    "[a](http://e.org) ![b](c)",
    "*a* **b** `c` ~~d~~",
    "# heading",
    "- list",
    "1. list",
    "@all, a mention",
    "=HYPERLINK(1)",
    "+1-2",
    "@SUM(A1)",
    "\t=1",
    "\u200b=1",
    "\x00\x1b[31mred\x1b[0m",
    "line\r\nbreak\u2028and\u2029more",
    "\udcff",
    "quotes \" ' `` '' ,, -- --- ?` !`",
    '",";\n"',
    "名前 ｗｉｄｅ",
    "e\u0301 combining",
    "x" * 500,
    "many words " * 60,
    " ",
    "",
]


@pytest.fixture
def names() -> list[str]:
    """Return names that mean something to one renderer or another."""
    return list(NAMES)


@pytest.fixture(params=range(len(NAMES)), ids=lambda n: ascii(NAMES[n])[:20])
def name(request: pytest.FixtureRequest) -> str:
    """Return one of them."""
    return NAMES[request.param]


@pytest.fixture
def hostile(name: str) -> Table:
    """Return a table that holds a name wherever a string can be."""
    rows = (
        (text(name), TableCell(1.25, 1.0, 1.5, 3, format=Format(2)), p_value(0.0001), TableCell(text=name, note=name)),
        (text("plain"), TableCell(-2.5, format=Format(1, sign=True)), text(name), TableCell()),
        (text(name), TableCell(0.5, 0.25, 0.75, format=Format(2, style="range")), count(7), many(name)),
    )
    columns = (Column(name, "left"), Column(f"{name} %"), Column("p"), Column("verdict", "left", emphasis=True))
    return Table(
        "hostile", f"T{name}", columns, rows, 1, (name, f"read {name}"), ((name, name),), ((name, name),), name
    )


def many(name: str) -> TableCell:
    """Return a cell of several parts."""
    return TableCell(parts=(text(name), count(3), TableCell()))


@pytest.fixture
def small() -> Table:
    """Return a table of two rows with all that a table can have."""
    columns = (
        Column("attack", "left"),
        Column("HIT", unit="%", meaning="hits"),
        Column("verdict", "left", emphasis=True),
    )
    rows = (
        (text("clean"), TableCell(0.1, 0.08, 0.12, 5, format=Format(2)), text("holds")),
        (text("bra"), TableCell(), TableCell(text="fails", note="too few")),
    )
    notes, sources = (("not run", "(no records): x"),), (("a", "b"),)
    return Table("short", "Short", columns, rows, 1, ("How to read it.",), notes, sources, "d · m")
