"""Claims: every verdict, every choice of labels, and the file that comes with rbench."""

from dataclasses import replace

import pytest

from rbench.benchmark import scenarios
from rbench.benchmark.leaderboard.claims import Claim, Part, Selector, assignments, judge, load, overall
from rbench.benchmark.leaderboard.claims_table import claims_table
from rbench.benchmark.leaderboard.render import markdown, terminal
from rbench.benchmark.tables.result_sets import result_sets
from rbench.core.errors import UserError
from rbench.core.records.record import Cell, Record

PEA, GROUP = Selector("pea", "pt", "lambda"), Selector("bra-group", "direct", "lambda")


def result_set(rows):
    """Make a result set of ``(attack, mode, metric, values by seed)`` rows; defenses follow an attack's ``/``."""
    records = []
    for name, mode, metric, values in rows:
        attack, _, defense = name.partition("/")
        for seed, value in enumerate(values):
            cell = Cell("d", "m", attack, mode, defense or "none", seed)
            share = attack.partition("=")[2]  # as in pea:malicious=0.1
            info = {"config": {"malicious": float(share)}} if share else {}
            records.append(Record(cell, "done", {"p": 1}, attack_info=info, metrics={"all": {metric: value}}))
    return result_sets(records)[0]


def claim(*parts):
    """Make a claim."""
    return Claim("c", "text", "source", parts, "pretrained")


def verdict(left, right, relation=">", factor=1.0):
    """Judge one claim on two rows of values."""
    made = result_set([("pea", "pt", "lambda", left), ("bra-group", "direct", "lambda", right)])
    (outcome,) = judge(made, [claim(Part(PEA, relation, GROUP, factor))])
    return outcome.verdict, outcome.note


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([11.0, 10.5, 11.7], [3.0, 3.1, 2.8], ("holds", "")),
        ([3.0, 3.1, 2.8], [11.0, 10.5, 11.7], ("refuted", "")),
        ([3.0, 3.1, 2.8], [3.2, 2.9, 3.1], ("undecided", "not significant")),
        ([3.2, 2.9, 3.1], [3.0, 3.1, 2.8], ("undecided", "not significant")),
        ([11.0, 10.5], [3.0, 3.1], ("undecided", "2 pairs, fewer than 3")),
        ([11.0, 10.5, 11.7], [3.0, 3.1, 2.8, 2.9], ("undecided", "missing pairs: seed 3 on one side only")),
        ([2.0, 2.0, 2.0], [1.0, 1.0, 1.0], ("holds", "the same in every seed, which no test can judge")),
        ([1.0, 1.0, 1.0], [2.0, 2.0, 2.0], ("refuted", "the same in every seed, which no test can judge")),
        ([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], ("undecided", "both sides are the same in every seed")),
        ([1.0, 1.2, 1.1], [0.0, 0.1, 0.2], ("undecided", "a ratio without a logarithm")),
        ([1.0, 1.2, 1.1], [], ("not run", "no records")),
        ([1.0, 1.2, 1.1], [None, None, None], ("not run", "no records")),
    ],
)
def test_verdicts(left, right, expected):
    assert verdict(left, right) == expected


def test_factor_relation_and_direction():
    assert verdict([11.0, 10.5, 11.7], [1.0, 1.1, 1.05], ">=", 5)[0] == "holds"
    assert verdict([11.0, 10.5, 11.7], [1.0, 1.1, 1.05], ">=", 20)[0] == "refuted"
    assert verdict([1.0, 1.1, 1.3], [11.0, 10.5, 11.7], "<")[0] == "holds"
    assert verdict([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], ">=")[0] == "holds"


def test_a_constant_is_tested_with_one_sample():
    from scipy import stats

    values = [31.0, 29.5, 33.0]
    made = result_set([("bra", "direct", "slot_share@5", values)])
    (outcome,) = judge(made, [claim(Part(Selector("bra", "direct", "slot_share@5"), ">=", 20.0))])
    assert outcome.p == pytest.approx(stats.ttest_1samp(values, 20).pvalue)
    assert (outcome.verdict, outcome.left, outcome.right) == ("holds", pytest.approx(31.1667, abs=1e-3), 20)


def test_holm_is_over_all_parts():
    rows = [("pea", "pt", "lambda", [11.0, 10.5, 11.7]), ("bra-group", "direct", "lambda", [3.0, 3.1, 2.8])]
    part = Part(PEA, ">", GROUP)
    one, two = judge(result_set(rows), [claim(part)]), judge(result_set(rows), [claim(part, part)])
    assert two[0].p == pytest.approx(2 * one[0].p)


def labels(names, *parts):
    """Return the choices of labels among these rows."""
    made = result_set([(name, "direct", "lambda", [1.0]) for name in names])
    return [sorted(chosen.values()) for chosen in assignments(made, claim(*parts))]


def test_labels_with_like_options_go_together():
    part = Part(PEA, ">", GROUP)
    assert labels(["pea", "pea:v=2", "bra-group", "bra-group:v=2"], part) == [
        ["bra-group", "pea"],
        ["bra-group:v=2", "pea:v=2"],
    ]
    assert labels(["pea", "pea:v=2", "bra-group"], part) == [["bra-group", "pea"]]
    assert labels(["pea:v=2", "pea:v=3", "bra-group"], part) == [["bra-group", "pea:v=2"], ["bra-group", "pea:v=3"]]
    assert labels(["bra-group"], part) == [["bra-group", "pea"]]
    clean = Part(PEA, ">", Selector("clean", "pt", "lambda"))
    assert labels(["pea:v=2", "pea:v=3", "clean"], clean) == [["pea:v=2"], ["pea:v=3"]]
    assert labels(["pea-joint"], clean) == [["pea"]], "pea is not short for pea-joint"


def test_defenses_are_chosen_too():
    part = Part(Selector("bra", "direct", "F1", defense="kmeans"), ">", Selector("pea", "pt", "F1", defense="kmeans"))
    rows = [("bra/kmeans:k=3", "direct", "F1", [0.9, 1.0, 0.8]), ("pea/kmeans:k=3", "pt", "F1", [0.1, 0.0, 0.1])]
    (outcome,) = judge(result_set(rows), [claim(part)])
    assert outcome.verdict == "holds" and "kmeans:k=3" in outcome.labels.values()


def test_a_claim_is_as_good_as_its_worst_part():
    assert overall(["holds", "holds"]) == "holds"
    assert overall(["holds", "undecided"]) == "undecided"
    assert overall(["undecided", "not run"]) == "not run"
    assert overall(["not run", "refuted"]) == "refuted"


def test_a_claim_about_some_options_is_judged_on_rows_that_have_them():
    part = Part(PEA, ">", 0.5)
    rows = [("pea:malicious=0.1", "pt", "lambda", [1.0, 1.1, 1.2]), ("pea:malicious=0.2", "pt", "lambda", [0.0] * 3)]
    made = result_set(rows)
    stated = Claim("c", "text", "source", (part,), "pretrained", where={"malicious": 0.1})
    (outcome,) = judge(made, [stated])
    assert outcome.verdict == "holds" and outcome.labels == {"pea": "pea:malicious=0.1"}
    (outcome,) = judge(made, [replace(stated, where={"malicious": 0.3})])
    assert outcome.verdict == "not run"
    (outcome,) = judge(result_set([("pea", "pt", "lambda", [1.0, 1.1, 1.2])]), [stated])
    assert outcome.verdict == "not run"


def test_a_claim_about_other_data_is_not_judged():
    elsewhere = Claim("c", "text", "source", (Part(PEA, ">", 0.5),), "pretrained", where={"dataset": "elsewhere"})
    made = result_set([("pea", "pt", "lambda", [1.0, 1.1, 1.2])])
    assert judge(made, [elsewhere]) == [] and judge(made, [replace(elsewhere, where={"dataset": "d"})])
    assert claims_table(made, [elsewhere]).sources == ()


def test_the_papers_claims_can_be_read():
    claims = load()
    assert len(claims) >= 9 and len({c.id for c in claims}) == len(claims)
    for c in claims:
        metrics = scenarios.get(c.scenario).metrics
        for side in (s for part in c.parts for s in (part.left, part.right)):
            assert isinstance(side, float) or side.metric in metrics
    taken, usual = (("bra", "direct", "slot_share@5", [40.0]), ("clean", "direct", "slot_share@5", [0.1]))
    table = markdown.render([claims_table(result_set([taken, usual]), claims)])
    [listed] = [line for line in table.splitlines() if line.startswith("**not run**")]
    for c in claims:
        assert (f"| {c.id}:" in table or c.id in listed) == (c.scenario == "pretrained")
        assert (f"- {c.id}:" in table) == (c.scenario == "pretrained")
    assert "kmeans-finds-bra-before-pea" in listed and "| kmeans-finds-bra-before-pea" not in table
    assert "| bra-takes-slots:" in table and "bra-takes-slots" not in listed


def test_where_none_was_run_there_is_no_table():
    claims = [replace(claim(Part(PEA, ">", 0.5)), id=name) for name in ("one", "two")]
    made = claims_table(result_set([("bra", "direct", "HIT@5", [1.0])]), claims)
    assert markdown.render([made]).splitlines()[2:] == ["### Claims", "", "**not run** (no records): one, two"]
    assert terminal.render([made]) == "\n\nClaims\n\nnot run (no records): one, two\n"


@pytest.mark.parametrize(
    "text",
    [
        "[[claim",
        "[[claim]]\nid = 'x'\ntext = ''\nsource = ''",
        "[[claim]]\nid = 'x'\ntext = ''\nsource = ''\n[[claim.part]]\nrelation = '~'",
        "[[claim]]\nid='x'\ntext=''\nsource=''\n[[claim.part]]\nrelation='>'\nright=1\nleft={attack='a',mode='b',matric='c'}",
    ],
)
def test_broken_claims_are_told_by_name(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"own\.toml"):
        load([path])
