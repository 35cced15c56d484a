"""JSON holds all that the table holds, names to the letter."""

from __future__ import annotations

import json

from rbench.benchmark.leaderboard.render import json as ours
from rbench.benchmark.tables.table import Column, Table, TableCell


def test_names_come_back_to_the_letter(hostile, name):
    [table] = json.loads(ours.render([hostile]))
    assert table["subject"] == table["caption"][0] == table["columns"][0]["header"] == name
    assert table["notes"] == table["sources"] == [[name, name]]
    expected = {"text": name, "note": name} if name else {}
    assert table["rows"][0][3] == expected
    assert table["rows"][0][1] == {"number": 1.25, "low": 1.0, "high": 1.5, "n": 3}


def test_a_table_as_data(small):
    [table] = json.loads(ours.render([small]))
    assert table["columns"][1] == {"header": "HIT", "unit": "%", "meaning": "hits", "align": "right"}
    assert table["rows"][1] == [{"text": "bra"}, {}, {"text": "fails", "note": "too few"}]


def test_what_is_not_finite_is_null():
    cell = TableCell(float("inf"), float("nan"), 1.0)
    [table] = json.loads(ours.render([Table("t", "T", (Column("a"),), ((cell,),))]))
    assert table["rows"] == [[{"number": None, "low": None, "high": 1.0}]]
