"""Two folders side by side, from records that are made up: differences, tests, and what is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rbench.benchmark.leaderboard.compare import COLUMNS, compare
from rbench.benchmark.leaderboard.results import Results
from rbench.benchmark.tables.result_sets import result_sets
from rbench.core.errors import UserError
from rbench.core.records.record import Cell, Record, filename, to_bytes

PROTOCOL = {"split": "leave-one-out", "train.loss": "bpr", "train.epochs": 40}
CLEAN = {0: 0.20, 1: 0.22, 2: 0.27, 3: 0.21}
BRA = {0: 30.0, 1: 34.0, 2: 29.0, 3: 41.0}
BETTER = {0: 33.0, 1: 36.0, 2: 33.0, 3: 43.0}


def record(attack, seed, value, defense="none", **changes):
    made = Record(
        Cell("d", "m", attack, "direct", defense, seed),
        "done",
        PROTOCOL,
        attack_info={"audience": None if attack == "clean" else "all", "config": {}, "paper": ""},
        metrics={"all": {"HIT@5": value, "HIT@10": 2 * value, "HR@10": 0.2}},
        stages={"measure": f"measure-{attack}-{seed}-{value}"},
        versions={"torch": "2.1"},
    )
    return replace(made, **changes)


def row(attack, values, **changes):
    return [record(attack, seed, value, **changes) for seed, value in values.items()]


def results(*rows, name="a"):
    return Results([r for some in rows for r in some], name)


def numbers(found):
    return {(d.key.attack, d.metric): d for d in found.differences}


def test_differences_and_tests_by_hand():
    pea = {0: 5.0, 1: 7.5, 2: 6.0, 3: 6.5}
    first = results(row("clean", CLEAN), row("bra", BRA), row("pea", pea))
    second = results(
        row("clean", CLEAN), row("bra", BETTER), row("pea", {s: v + s % 2 for s, v in pea.items()}), name="b"
    )
    found = first.compare(second)
    assert (
        found.names == ("a", "b")
        and (found.n_cells, found.n_same) == (12, 6)
        and found.only == ([], [])
        and found.notes == []
    )
    bra = numbers(found)["bra", "HIT@5"]
    expected = stats.ttest_rel([*BETTER.values()], [*BRA.values()])
    assert (bra.first, bra.second) == (33.5, 36.25)
    assert bra.change.mean == pytest.approx(2.75) and bra.change.n == 4
    assert bra.test.p == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval()
    assert (bra.change.low, bra.change.high) == pytest.approx((interval.low, interval.high))
    # the family is the column: bra and pea aim alike, and clean's differences leave nothing to test
    others = numbers(found)["pea", "HIT@5"]
    small, large = sorted((bra.test.p, others.test.p))
    assert sorted((bra.p_adjusted, others.p_adjusted)) == pytest.approx([2 * small, max(2 * small, large)])
    assert numbers(found)["clean", "HIT@5"].test.reason == "the differences do not vary"


def test_with_itself_nothing_differs_and_nothing_is_tested():
    found = (mine := results(row("clean", CLEAN), row("bra", BRA))).compare(mine)
    assert len(found.differences) == 6
    for difference in found.differences:
        assert difference.is_zero and difference.change.mean == 0
        assert difference.test.p is None and difference.p_adjusted is None
        assert difference.test.reason == "the differences do not vary"
    assert "0 of 6 numbers differ." in repr(found)


def test_means_are_over_the_seeds_that_both_have():
    found = results(row("bra", BRA)).compare(results(row("bra", {0: 31.0, 1: 33.0, 2: 30.5}), name="b"))
    bra = numbers(found)["bra", "HIT@5"]
    assert (bra.first, bra.second, bra.change.n) == (31.0, 31.5, 3) and bra.test.p is not None
    assert [cell.seed for cell in found.only[0]] == [3] and found.only[1] == []
    assert "Only a has d bra direct none seed 3." in found.sentences()


def test_a_cell_that_failed_on_one_side_forbids_the_test():
    failed = record("bra", 3, 0, status="failed", metrics={}, error="no")
    second = results(row("clean", CLEAN), row("bra", {s: BETTER[s] for s in (0, 1, 2)}), [failed], name="b")
    found = results(row("clean", CLEAN), row("bra", BRA)).compare(second)
    bra = numbers(found)["bra", "HIT@5"]
    assert bra.change.n == 3 and bra.test.p is None
    assert bra.test.reason == "missing pairs: seed 3 on one side only"
    assert [(cell.attack, cell.seed) for cell in found.only[0]] == [("bra", 3)]


def test_many_lonely_cells_are_counted():
    found = results(row("clean", CLEAN), row("bra", BRA), row("pea", BRA)).compare(
        results(row("clean", CLEAN), name="b")
    )
    assert len(found.only[0]) == 8
    assert "Only a has 8 cells: 4 of d bra, 4 of d pea." in found.sentences()


def test_options_and_software_that_differ_are_named():
    def made(rate, torch, name):
        info = {"audience": "all", "config": {"rate": rate, "redraw": True}, "paper": ""}
        return results(row("bra", BRA, attack_info=info, versions={"torch": torch, "numpy": "2"}), name=name)

    found = made(0.1, "2.1", "a").compare(made(0.3, "2.2", "b"))
    assert found.notes == ["bra: rate is 0.1 in a and 0.3 in b.", 'Software: torch is "2.1" in a and "2.2" in b.']


def test_another_protocol_is_refused_and_what_differs_is_named():
    other = {"split": "leave-one-out", "train.loss": "softmax", "rank.users": 5}
    with pytest.raises(UserError) as caught:
        results(row("bra", BRA)).compare(results(row("bra", BRA, protocol=other), name="b"))
    assert str(caught.value) == (
        "d · m: a and b follow different protocols, and their numbers must not be compared: "
        "rank.users is not stated in a and 5 in b; train.epochs is 40 in a and not stated in b; "
        'train.loss is "bpr" in a and "softmax" in b.'
    )


def test_of_several_protocols_the_common_one_is_compared():
    other = PROTOCOL | {"train.epochs": 3}
    first = results(row("bra", BRA), row("bra", BRA, protocol=other))
    found = first.compare(results(row("bra", BETTER), name="b"))
    assert found.n_cells == 4 and len(found.only[0]) == 4
    assert numbers(found)["bra", "HIT@5"].change.mean == pytest.approx(2.75)


@pytest.mark.parametrize("changed", [{"dataset": "e"}, {"seed": 9}, {"attack": "pea"}])
def test_nothing_in_common_is_refused(changed):
    mine = record("bra", 0, 1.0)
    with pytest.raises(
        UserError, match=r"^a and b have no cell in common: d · m with seeds 0; [de] · m with seeds [09]\.$"
    ):
        Results([mine], "a").compare(Results([replace(mine, cell=replace(mine.cell, **changed))], "b"))


values = st.dictionaries(st.integers(0, 5), st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=1)


@given(values, values)
def test_the_other_way_round_all_signs_change(ours, theirs):
    sets = [result_sets(row("bra", some)) for some in (ours, theirs)]
    if not set(ours) & set(theirs):
        return
    there, back = compare(*sets, ("a", "b")), compare(*sets[::-1], ("b", "a"))
    for one, other in zip(there.differences, back.differences, strict=True):
        pairs = [theirs[s] - ours[s] for s in set(ours) & set(theirs)]
        scale = {"HIT@5": 1, "HIT@10": 2, "HR@10": 0}[one.metric]
        assert one.change.mean == pytest.approx(scale * math.fsum(pairs) / len(pairs), abs=1e-9)
        assert (one.first, one.second, one.test.p, one.p_adjusted) == (
            other.second,
            other.first,
            other.test.p,
            other.p_adjusted,
        )
        assert one.change.mean == -other.change.mean
    assert there.only == back.only[::-1]


def test_the_frame_has_every_difference():
    found = results(row("clean", CLEAN), row("bra", BRA)).compare(results(row("bra", BETTER), name="b"))
    frame = found.frame()
    assert tuple(frame.columns) == COLUMNS and len(frame) == len(found.differences) == 3
    (hit,) = frame[frame.metric == "HIT@5"].to_dict("records")
    bra = numbers(found)["bra", "HIT@5"]
    assert (hit["difference"], hit["ci_low"], hit["p_value"], hit["n_seeds"]) == (
        bra.change.mean,
        bra.change.low,
        bra.test.p,
        4,
    )
    assert frame.p_value.dtype == float and frame[frame.metric == "HR@10"].p_value.isna().all()
    assert "<td>bra</td>" in found._repr_html_()


def test_names_from_outside_stay_text_on_a_page():
    evil = "<script>alert(1)</script>"
    first, second = ([record(evil, s, v + s * k) for s, v in BRA.items()] for k in (0, 1))
    page = Results(first, evil).compare(Results(second, "b"))._repr_html_()
    assert "<script" not in page and "&lt;script&gt;" in page


# The command.


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, values in (("one", BRA), ("two", BETTER)):
        (tmp_path / name / "records").mkdir(parents=True)
        for made in [*row("clean", CLEAN), *row("bra", values)]:
            (tmp_path / name / "records" / filename(made)).write_bytes(to_bytes(made))
    return tmp_path


@pytest.fixture
def command(folders, capsys, monkeypatch):
    import sys

    from rbench.benchmark.cli import main

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["rbench", "compare", *words])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), *capsys.readouterr()

    return call


def test_the_command_shows_what_differs(command):
    code, out, err = command("one", "two")
    assert (code, err) == (0, "")
    assert out.startswith("one (first) and two (second): 8 cells in both, 4 from the same stages.\n")
    (line,) = [line for line in out.splitlines() if line.startswith("bra ")]
    assert line.split()[:9] == ["bra", "direct", "none", "all", "HIT@5", "33.5", "36.25", "+2.7500", "[+1.2265,"]
    assert "6 numbers: 4 the same in both in every seed, 2 differ, 1 of them not shown (--metrics, --json)." in out
    _, out, _ = command("one", "two", "--metrics", "HIT@10")
    assert [line.split()[4] for line in out.splitlines() if line.startswith("bra ")] == ["HIT@10"]
    _, out, _ = command("one", "one")
    assert "6 numbers: 6 the same in both in every seed, 0 differ." in out


def test_the_command_for_machines(command):
    found = json.loads(command("one", "two", "--json")[1])
    assert found["cells in both"] == 8 and len(found["differences"]) == 6
    (hit,) = [d for d in found["differences"] if (d["attack"], d["metric"]) == ("bra", "HIT@5")]
    assert hit["difference"] == pytest.approx(2.75) and hit["no_test"] == ""
    lines = command("one", "two", "--csv", "--metrics", "HIT@5")[1].splitlines()
    assert lines[0] == ",".join(COLUMNS) and len(lines) == 3


def test_the_commands_mistakes(command, folders):
    code, _, err = command("one", "nowhere")
    assert code == 2 and "nowhere/records: there is no such directory" in err
    code, _, err = command("one", "two", "--metrics", "HIT@6")
    assert code == 2 and "unknown metric 'HIT@6'; did you mean HIT@5" in err
    for path in (folders / "two" / "records").iterdir():
        path.write_bytes(path.read_bytes().replace(b'"train.epochs": 40', b'"train.epochs": 41'))
    code, _, err = command("one", "two")
    assert code == 2 and err.count("\n") == 1 and "train.epochs is 40 in one and 41 in two." in err
