"""The terminal's form: everything at full width, everything still there when it is cut, and nothing too wide."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rbench.benchmark.leaderboard.render import terminal
from rbench.benchmark.leaderboard.render.cells import flat, written
from rbench.benchmark.tables.table import Column, Format, Table, TableCell, text


def wide(n_columns, label="bra-group:variant=paper"):
    """Return a table of two names and many numbers."""
    columns = (Column("attack", "left"), Column("mode", "left"), *(Column(f"metric {n}") for n in range(n_columns)))
    numbers = [TableCell(n * 1.5, n, n * 2.0, 3, format=Format(2)) for n in range(n_columns)]
    rows = tuple((text(name), text("direct"), *numbers) for name in (label, "clean"))
    return Table("wide", "Wide", columns, rows, keys=2)


def test_a_table_as_it_is_printed(small):
    assert terminal.render([small]) == (
        "d · m\n\nShort\n\n"
        "attack                HIT  verdict\n------  -----------------  ---------------\n"
        "clean   0.10 [0.08, 0.12]  holds\nbra                     –  fails (too few)\n\n"
        "not run (no records): x\n\nHow to read it.\n\na: b\n"
    )


@pytest.mark.parametrize("width", [44, 60, 80, 120])
def test_pieces_fit_and_lack_nothing(width):
    table = wide(11)
    lines = terminal.grid(table, width)
    assert max(map(len, lines)) <= width
    pieces = "\n".join(lines).split("\n\n")
    assert len(pieces) > 1 and all(piece.startswith("attack") for piece in pieces)
    said = "".join("".join(lines).split())
    for n, cell in enumerate(table.rows[0][2:]):
        assert f"metric{n}" in said and said.count("".join(written(cell, flat).split())) >= 2


def test_pieces_are_about_as_wide_as_each_other():
    widths = [max(map(len, piece.splitlines())) for piece in "\n".join(terminal.grid(wide(7), 105)).split("\n\n")]
    assert len(widths) == 2 and max(widths) - min(widths) <= len("metric 0") + 8


def test_a_pipe_gets_one_piece_whatever_the_width():
    lines = terminal.grid(wide(40))
    assert len(lines) == 4 and len(lines[1]) > 400
    assert terminal.grid(wide(2), 200) == terminal.grid(wide(2))


def test_long_text_is_wrapped_before_a_table_is_cut():
    table = wide(2, "a label of many words, " * 5)
    lines = terminal.grid(table, 80)
    narrow = len(lines[1].split()[0])
    assert max(map(len, lines)) <= 80 and "" not in lines and narrow < len(table.rows[0][0].text)
    assert "".join(f"{line[:narrow]} " for line in lines[2:-1]).split() == ("a label of many words, " * 5).split()


def test_a_hostile_table_fits_a_terminal(hostile):
    for width in (None, 40, 80, 120):
        source = terminal.render([hostile], width)
        assert all(unicodedata.category(c)[0] != "C" for c in source.replace("\n", ""))
        assert width is None or max(map(cell_len, source.splitlines())) <= width


@given(st.text(), st.integers(8, 60))
def test_wrapping_loses_nothing(name, width):
    table = Table("t", "T", (Column("c", "left"), Column("n")), ((text(name), TableCell(1.0)),))
    lines = terminal.grid(table, width)
    body = "".join("".join(line for line in lines).split())
    shown = "".join(flat(name).split())
    assert all(body.count(c) >= shown.count(c) for c in set(shown))
