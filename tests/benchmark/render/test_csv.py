"""CSV: what a reader gets back, and what a spreadsheet must not compute."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from rbench.benchmark.leaderboard.render import csv as ours
from rbench.benchmark.leaderboard.render.cells import flat


def parse(source):
    """Return the rows of a CSV."""
    return list(csv.reader(io.StringIO(source)))


@given(st.text() | st.text(st.sampled_from("=+-@\t\n\"',;|ab")))
def test_text_comes_back_and_is_no_formula(name):
    [[_, cell], [_, same]] = parse(ours.lines(["h", ours.safe(name)], [["1", ours.safe(name)]]))
    assert cell == same and not cell.startswith(("=", "+", "-", "@"))
    assert cell in (flat(name), f"'{flat(name)}")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_to_six_digits(value):
    written = ours.number(value)
    assert float(written) == float(f"{value:.6g}") and written != "-0"


def test_whole_numbers_stay_whole():
    assert ours.number(12345678) == "12345678" and ours.number(None) == ""


def test_a_hostile_table_keeps_its_shape(hostile):
    header, *rows = parse(ours.render([hostile]))
    assert len(header) == 7, "four columns, two for the ends of the intervals, and one for n"
    assert [len(row) for row in rows] == [7] * 3
    assert [row[1:5] for row in rows] == [["1.25", "1", "1.5", "3"], ["-2.5", "", "", ""], ["0.5", "0.25", "0.75", ""]]
    assert [row[5] for row in rows][::2] == ["0.0001", "7"]
    for row in (header, *rows):
        for cell in (row[0], row[6]):
            assert not cell.startswith(("=", "+", "-", "@")) and "\n" not in cell


def test_tables_as_they_are_printed(small):
    one = "attack,HIT,HIT low,HIT high,HIT n,verdict\nclean,0.1,0.08,0.12,5,holds\nbra,,,,,fails (too few)\n"
    assert ours.render([small]) == one and ours.render([small, small]) == f"{one}\n{one}"
