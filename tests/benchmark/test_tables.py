"""Tables are data: numbers with their intervals, names as they are, in one order whoever asks."""

from __future__ import annotations

import random

import pytest
from pretrained_records import HOSTILE, grid, record

from rbench.benchmark import scenarios
from rbench.benchmark.leaderboard.aggregate import aggregate, sort
from rbench.benchmark.leaderboard.build import tables
from rbench.benchmark.tables.intervals import summarize
from rbench.benchmark.tables.result_sets import result_sets
from rbench.benchmark.tables.scale import Scale
from rbench.benchmark.tables.table import NOTHING, Column, Table, text


def shown(records, claims=None):
    """Return the tables of records by name."""
    [(result_set, numbers)] = aggregate(records)
    return {table.name: table for table in tables(result_set, numbers, claims)}


def row(table, *names):
    """Return the row of these names, by header."""
    [found] = [cells for cells in table.rows if tuple(c.text for c in cells[: len(names)]) == names]
    return dict(zip((column.header for column in table.columns), found, strict=True))


def test_the_summary_comes_first_and_the_claims_last():
    found = shown(grid())
    assert list(found) == ["summary", "global", "group", "detection", "claims"]
    again = [record("pea", "direct", s, 10.0, audience="group") for s in range(3)]
    assert list(shown([*grid(), *again])) == ["summary", "global", "group", "detection", "variants", "claims"]
    assert {table.subject.partition(" · protocol")[0] for table in found.values()} == {"ml-100k · sasrec"}
    assert [name for name, table in found.items() if not table.caption or not table.title] == []


def test_cells_hold_number_interval_and_n():
    records = [r for r in grid() if (r.cell.attack, r.cell.mode, r.cell.defense) == ("bra", "ft", "none")]
    expected = summarize({r.cell.seed: r.metrics["all"]["HIT@5"] for r in records}, Scale.PERCENTAGE)
    cell = row(shown(grid())["summary"], "bra", "ft")["HIT@5 %"]
    assert (cell.number, cell.low, cell.high, cell.n) == (expected.mean, expected.low, expected.high, 3)
    assert row(shown(grid())["global"], "bra", "ft")["tier"].number == 2
    assert row(shown(grid())["global"], "clean", "ft")["p (HIT@5 vs Clean)"] == NOTHING
    few = row(shown(grid(2))["global"], "bra", "ft")["p (HIT@5 vs Clean)"]
    assert (few.number, few.text) == (None, "none: 2 pairs, fewer than 3")


def test_columns_say_what_they_are():
    columns = {column.header: column for column in shown(grid())["group"].columns}
    assert "% of (user, target item) pairs" in columns["target HIT@5 %"].unit
    assert columns["target HIT@5 %"].meaning.endswith("target users")
    assert columns["mode"].align == "left" and columns["λ"].align == "right"


def test_names_in_tables_are_raw():
    label = f"bra:note={HOSTILE}"
    found = shown([*grid(), *(record(label, "direct", s, 30.0, audience="all") for s in range(3))])
    assert row(found["summary"], label, "direct") and row(found["global"], label, "direct")
    assert row(found["variants"], label, "bra", "direct")


def test_a_detectors_column_belongs_to_rows_without_repair():
    repaired = [record("bra", "direct", s, 1.0, "finepruning", "all") for s in range(3)]
    table = shown([*grid(), *repaired])["summary"]
    assert row(table, "bra", "direct", "none")["AP kmeans"].number == pytest.approx(0.9, abs=0.01)
    assert row(table, "bra", "direct", "none")["false alarms kmeans"] == NOTHING
    assert row(table, "bra", "direct", "finepruning")["AP kmeans"] == NOTHING
    assert row(table, "bra", "direct", "finepruning")["HIT@5 %"].number == pytest.approx(1, abs=0.05)


def test_modes_stand_in_their_scenarios_order_and_others_after_them():
    modes = ["zz", "pt", "direct", "aa", "ft"]
    records = [record("clean", mode, 0) for mode in modes]
    random.Random(3).shuffle(records)
    [found] = sort(records)
    assert [key.mode for key in found.rows] == ["direct", "ft", "pt", "aa", "zz"]
    assert scenarios.get("pretrained").modes == ("direct", "ft", "pt")
    [found] = result_sets(records, lambda scenario: ("zz", "ft"))
    assert [key.mode for key in found.rows] == ["zz", "ft", "aa", "direct", "pt"]


def test_a_row_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="a row has 1 cells for 2 columns"):
        Table("t", "T", (Column("a"), Column("b")), ((text("x"),),))
