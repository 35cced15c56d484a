"""Frames, tables and verdicts of a folder of records."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import rbench
from rbench.benchmark.leaderboard import claims
from rbench.benchmark.leaderboard.render.csv import number as csv_number
from rbench.benchmark.leaderboard.tidy_csv import HEADER
from rbench.benchmark.tables.result_sets import protocol_digest
from rbench.core.errors import UserError
from rbench.core.records.record import Cell, Record

RESULTS = Path(__file__).parents[2] / "results"
PUBLISHED = sorted(path.parent for path in RESULTS.rglob("leaderboard.csv"))


@pytest.fixture(scope="module")
def published():
    """Results of the grid with most attacks."""
    return rbench.results(RESULTS / "ml-100k")


def made(seed=0, attack="bra", **changes):
    found = Record(
        Cell("d", "sasrec", attack, "direct", "none", seed),
        "done",
        {"loss": "bpr"},
        attack_info={"audience": "all", "config": {"rate": 0.1}, "paper": ""},
        metrics={"all": {"HIT@5": 3.0 + seed, "own": None}, "target": {"HIT@5": 4.0}},
        stages={"rank": "rank-1", "measure": "measure-1"},
    )
    return replace(found, **changes)


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda path: str(path.relative_to(RESULTS)))
def test_numbers_are_leaderboard_csv(folder):
    frame = rbench.results(folder).numbers()
    assert list(frame.columns) == HEADER
    with (folder / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    found = frame.to_dict("records")
    assert len(found) == len(lines) > 0
    rounded = 0
    for values, line in zip(found, lines, strict=True):
        for name, value in values.items():
            if isinstance(value, float):
                assert csv_number(None if math.isnan(value) else value) == line[name]
                rounded += line[name] != "" and float(line[name]) != value
            else:
                assert str(value) == line[name]
    assert rounded, "the frame's numbers are the rounded ones"


def test_a_folder_of_several_protocols_is_never_one_frame():
    other = {"loss": "softmax", "epochs": 3}
    found = rbench.Results([made(), made(protocol=other)], "here")
    a, b = protocol_digest({"loss": "bpr"}), protocol_digest(other)
    assert set(found.protocols) == {a, b}
    with pytest.raises(UserError) as caught:
        found.numbers()
    assert "d · sasrec comes under several protocols in here" in str(caught.value)
    assert f"protocol='{min(a, b)}'" in str(caught.value) and "loss is " in str(caught.value)
    assert len(found.numbers(protocol=a)) == len(found.numbers(protocol=b)) == 2
    with pytest.raises(UserError, match="unknown protocol 'xyz'"):
        found.numbers(protocol="xyz")
    assert sorted(found.cells()["protocol"]) == sorted((a, b))
    assert "2 protocols" in repr(found)


def test_cells_have_a_row_a_record_and_documented_columns(published):
    frame = published.cells()
    assert len(frame) == len(published.records)
    for record, row in zip(published.records, frame.to_dict("records"), strict=True):
        assert all(row[name] == value for name, value in vars(record.cell).items())
        assert row["status"] == "done" and row["error"] is None
        assert row["aim"] == record.attack_info["audience"]
        for audience, metrics in record.metrics.items():
            for name, value in metrics.items():
                cell = row[name if audience == "all" else f"{name}:{audience}"]
                assert cell == value or (value is None and math.isnan(cell))
        assert all(row[f"stage.{role}"] == stage for role, stage in record.stages.items())
        for name, value in record.attack_info["config"].items():
            assert row[f"attack.{name}"] == value or (value is None and pd.isna(row[f"attack.{name}"]))
    documented = rbench.Results.cells.__doc__
    assert all(f"``{name}``" in documented for name in list(frame.columns)[:10])
    names = [name for name in frame.columns if ":" not in name and "." not in name][10:]
    assert names[:3] == ["HIT@5", "HIT@10", "HIT@20"], "metrics stand in their scenario's order"


def test_every_column_of_the_other_frames_is_documented(published):
    for method in ("numbers", "claims"):
        text = getattr(rbench.Results, method).__doc__
        assert [name for name in getattr(published, method)().columns if f"``{name}``" not in text] == []


def test_failed_cells_stand_in_the_frame_and_raise_nothing():
    failed = made(1, status="failed", error="rank-1: RuntimeError: no", metrics={})
    found = rbench.Results([made(), failed], "here")
    assert found.failed == [failed]
    frame = found.cells()
    assert list(frame["status"]) == ["done", "failed"] and frame["error"][1] == "rank-1: RuntimeError: no"
    assert math.isnan(frame["HIT@5"][1]) and frame["own"].dtype == float
    assert "here: 1 cells done, 1 failed" in repr(found)
    assert "FAILED d bra direct none seed 1: rank-1: RuntimeError: no" in repr(found)
    mistake = made(1, status="failed", error="rank-1: UserError: no such group.", metrics={})
    assert "FAILED d bra direct none seed 1: rank-1: no such group." in repr(rbench.Results([mistake], "here"))
    alone = rbench.Results([failed], "here")
    assert list(alone.numbers().columns) == HEADER and len(alone.numbers()) == 0 and len(alone.cells()) == 1


def test_claims_are_those_of_the_leaderboard(published):
    frame = published.claims()
    [(result_set, _)] = published.aggregated
    parts = claims.judge(result_set, claims.load())
    assert len(frame) == len(parts) > 10
    assert list(frame["verdict"]) == [part.verdict for part in parts]
    assert list(frame["p_adjusted"].fillna(-1)) == [-1 if part.p is None else part.p for part in parts]
    for (claim, labels), own in frame.groupby(["claim", "labels"]):
        whole = set(own["claim_verdict"])
        assert whole == {claims.overall(own["verdict"])}, (claim, labels)
    assert set(frame["claim_verdict"]) > {claims.HOLDS, claims.UNDECIDED}
    text = (RESULTS / "ml-100k" / "leaderboard.md").read_text("utf-8")
    judged = frame[frame["claim_verdict"] != claims.NOT_RUN].drop_duplicates(["claim", "labels"])
    assert sum(f"| **{v}**" in line for v in set(judged["claim_verdict"]) for line in text.splitlines()) == len(judged)


def test_a_table_by_name(published):
    assert published.table("summary") == published.table()
    shown = published.table("summary")
    assert "bra-group" in str(shown) and "<td>bra-group</td>" in shown._repr_html_()
    assert "\\toprule" in shown.render("latex") and shown.render("markdown").startswith("#")
    frame = shown.frame()
    assert frame["HR@10"].map(type).eq(float).all() and list(frame["attack"])[:2] == ["local", "clean"]
    with pytest.raises(UserError, match="unknown format 'latx'; did you mean latex"):
        shown.render("latx")
    with pytest.raises(UserError, match="unknown table 'sumary'; did you mean summary"):
        published.table("sumary")
    two = rbench.Results([made(), made(cell=Cell("e", "sasrec", "bra", "direct", "none", 0))], "here")
    with pytest.raises(UserError, match=r"table 'summary': several .* in here: dataset='d', .*; dataset='e', "):
        two.table("summary")
    assert two.table("summary", dataset="e") == two.table("summary", dataset="e", model="sasrec")
    with pytest.raises(UserError, match="none of that name"):
        two.table("summary", dataset="f")


def test_a_notebook_shows_the_summary_and_names_stay_text(published):
    assert "<td>bra-group</td>" in published._repr_html_()
    assert "others' HIT@5 %" in str(published)
    evil = "<script>alert(1)</script>"
    cell = Cell(evil, "sasrec", evil, "direct", "none", 0)
    shown = rbench.Results([made(cell=cell), made(cell=replace(cell, seed=1), status="failed", error=evil)], evil)
    assert "<script" not in shown._repr_html_() and "&lt;script&gt;" in shown._repr_html_()


def test_a_folder_without_records_is_refused(tmp_path):
    with pytest.raises(rbench.UserError, match="no such directory"):
        rbench.results(tmp_path / "nowhere")
