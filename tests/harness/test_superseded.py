"""One record a cell: what other options made before is kept aside, and never averaged with the new."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def run(rbench, finished, small, tmp_path):
    """Runs the small grid again and again into one folder."""

    def again(*more):
        options = ["--out", tmp_path / "r", "--executor", "serial", "--display", "none"]
        done = rbench("run", *small, *more, *options)
        assert done.code == 0, done.err
        return done

    return again


def attacked(folder):
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    return {
        (r["cell"]["attack"], r["cell"]["seed"]): r["attack_info"]["config"]["rate"]
        for r in found
        if r["attack_info"]["audience"]
    }


def test_other_options_set_the_old_record_aside(run, tmp_path, contents):
    run()
    old = contents(tmp_path / "r")
    run("--set", "bra.rate=0.9")
    assert attacked(tmp_path / "r" / "records") == {("bra", 0): 0.9}
    assert attacked(tmp_path / "r" / "superseded") == {("bra", 0): 0.1}
    assert len(contents(tmp_path / "r" / "records")) == 3
    assert (
        contents(tmp_path / "r" / "superseded").items()
        < contents(tmp_path / "r" / "records").items()
        | {name.removeprefix("records/"): data for name, data in old.items()}.items()
    )

    run()
    assert (
        contents(tmp_path / "r" / "records").items()
        == {name.removeprefix("records/"): data for name, data in old.items() if name.startswith("records/")}.items()
    )
    assert attacked(tmp_path / "r" / "superseded")[("bra", 0)] in (0.1, 0.9)


def test_a_record_under_another_name_gives_way_too(run, tmp_path):
    run()
    [old] = (tmp_path / "r" / "records").glob("*-bra-*")
    old.rename(old.with_name("mine.json"))
    run()
    assert not list((tmp_path / "r" / "records").glob("*-bra-*")), "it is the record, whatever its name"
    run("--set", "bra.rate=0.9")
    assert attacked(tmp_path / "r" / "records") == {("bra", 0): 0.9}
    assert [path.name for path in (tmp_path / "r" / "superseded").iterdir()] == ["mine.json"]


def test_variants_stand_side_by_side(run, tmp_path):
    run("--attacks", "bra,bra:rate=0.9", "--modes", "direct")
    assert attacked(tmp_path / "r" / "records") == {("bra", 0): 0.1, ("bra:rate=0.9", 0): 0.9}
    assert not (tmp_path / "r" / "superseded").exists()
    assert "bra:rate=0.9" in (tmp_path / "r" / "leaderboard.md").read_text()


def test_variants_of_a_group_attack(rbench, size, planned):
    plan = planned(attacks=("pea", "pea:suppress=0", "pea:suppress=0:variant=paper"))
    labels = {c.cell.attack for c in plan.cells}
    assert labels == {"local", "clean", "pea", "pea:suppress=0", "pea:suppress=0:variant=paper"}
    assert len([s for s in plan.stages.values() if (s.kind, s.name) == ("pretrain", "pea")]) == 3
    same = planned(attacks=("pea:variant=paper:suppress=0",))
    assert {c.cell.attack for c in same.cells} < labels and set(same.stages) < set(plan.stages)


def test_another_protocol_stands_beside(run, tmp_path, contents):
    run()
    run("--set", "train.epochs=1")
    assert len(contents(tmp_path / "r" / "records")) == 6
    assert not (tmp_path / "r" / "superseded").exists()


@pytest.mark.parametrize(
    ("options", "retired"),
    [(["--set", "bra.rate=0.9"], "bra-direct-none"), (["--set", "kmeans.flag=larger-mean"], "kmeans")],
)
def test_other_seeds_of_a_changed_row_are_set_aside_too(run, tmp_path, options, retired):
    run("--defenses", "kmeans", "--seeds", "2")
    before = {path.name for path in (tmp_path / "r" / "records").iterdir()}
    assert len(before) == 10
    done = run("--defenses", "kmeans", "--seeds", "1", *options)
    aside = {path.name for path in (tmp_path / "r" / "superseded").iterdir()}
    assert len(aside) == 4 and aside < before
    assert any(retired in name and "-s1-" in name for name in aside)
    assert "2 records of other seeds were made by other options or versions" in done.err
    assert {path.name for path in (tmp_path / "r" / "records").iterdir()} >= before - aside


def test_fewer_seeds_lose_nothing(run, tmp_path, contents):
    run("--seeds", "2")
    before = contents(tmp_path / "r")
    done = run("--seeds", "1")
    assert (done.err, done.computed) == ("", 0)
    assert contents(tmp_path / "r") == before
