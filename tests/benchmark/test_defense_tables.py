"""The tables of repairs, scans and false alarms against numbers worked out by hand."""

from __future__ import annotations

from itertools import product

import pytest
from pretrained_records import grid, record
from scipy import stats
from test_tables import row, shown

from rbench.benchmark.scenarios.pretrained.tables.defenses import auroc
from rbench.benchmark.tables.table import NOTHING

SEEDS = range(4)


def measured(attack, defense, metrics, seed, audience="all"):
    """Make a record of given numbers."""
    return record(
        attack, "direct", seed, defense=defense, audience=audience, metrics={"all": metrics, "target": metrics}
    )


BEFORE, AFTER = [40.0, 42.0, 38.0, 44.0], [1.0, 2.0, 0.0, 1.5]
KEPT = [[0.20, 0.22, 0.21, 0.19], [0.19, 0.20, 0.21, 0.18]]


def repaired(audience="all"):
    pairs = [("none", BEFORE, KEPT[0]), ("prompt-probe+reestimate", AFTER, KEPT[1])]
    return [
        measured("bra", defense, {"HIT@5": hits[s], "HR@10": hr[s]}, s, audience)
        for defense, hits, hr in pairs
        for s in SEEDS
    ]


def test_repairs_are_paired_with_the_undefended_cell():
    cells = row(shown(repaired())["repairs"], "bra", "direct", "prompt-probe+reestimate")
    assert cells["HIT@5 % without"].number == pytest.approx(41.0)
    assert cells["HIT@5 % with"].number == pytest.approx(1.125)
    assert cells["ΔHIT@5 %"].number == pytest.approx(1.125 - 41.0) and cells["ΔHIT@5 %"].n == 4
    assert cells["p (HIT@5)"].number == pytest.approx(stats.ttest_rel(AFTER, BEFORE).pvalue)
    assert cells["ΔHR@10"].number == pytest.approx(-0.01)
    assert cells["p (HR@10)"].number == pytest.approx(stats.ttest_rel(KEPT[1], KEPT[0]).pvalue)


def test_of_attacks_on_a_group_its_users_count():
    records = repaired("group")
    for one in records:
        one.metrics["all"]["HIT@5"] = 7.0 if one.cell.defense == "none" else 7.5
        one.metrics["target"] = {"HIT@5": BEFORE[one.cell.seed]}
    cells = row(shown(records)["repairs"], "bra", "direct", "prompt-probe+reestimate")
    assert cells["HIT@5 % without"].number == pytest.approx(41.0)


def test_p_values_are_adjusted_over_the_column():
    other = [
        measured("bra", "cap", {"HIT@5": BEFORE[s] + [0.1, -0.3, 0.2, 0.1][s], "HR@10": KEPT[0][s]}, s) for s in SEEDS
    ]
    table = shown([*repaired(), *other])["repairs"]
    alone = stats.ttest_rel(AFTER, BEFORE).pvalue
    assert row(table, "bra", "direct", "prompt-probe+reestimate")["p (HIT@5)"].number == pytest.approx(2 * alone)
    assert row(table, "bra", "direct", "cap")["p (HR@10)"].text.startswith("none: ")


def test_without_defenses_there_is_no_such_table():
    assert not {"repairs", "scans"} & set(shown(grid()))


def scanned():
    numbers = {"clean": [-1.0, 0.5, 2.0, 0.0], "bra": [5.0, 7.0, 2.0, 9.0]}
    return numbers, [
        measured(attack, "references", {"scan statistic": 3.0, "scan distance": d[s], "scan p": 0.1}, s, None)
        for attack, d in numbers.items()
        for s in SEEDS
    ]


def test_scans_are_judged_by_pairs_of_attacked_and_clean_models():
    numbers, records = scanned()
    table = shown(records)["scans"]
    cells = row(table, "bra", "direct", "references")
    wins = [1.0 if a > c else 0.5 if a == c else 0.0 for a, c in product(numbers["bra"], numbers["clean"])]
    assert cells["AUROC"].number == sum(wins) / 16 == 15.5 / 16
    assert cells["distance"].number == pytest.approx(5.75) and cells["p"].number == pytest.approx(0.1)
    assert row(table, "clean", "direct", "references")["AUROC"] == NOTHING


def test_auroc_is_that_of_the_rank_sum():
    a, c = [1.0, 4.0, 4.0, 6.0, 2.5], [0.0, 4.0, 2.5]
    expected = stats.mannwhitneyu(a, c).statistic / (len(a) * len(c))
    assert auroc(a, c) == pytest.approx(expected)


def test_clean_models_have_false_alarms_and_no_precision():
    alarms = [record("clean", "direct", s, 0.2, "kmeans") for s in range(3)]
    found = shown([*grid(), *alarms])
    cells = row(found["detection"], "clean", "direct", "kmeans")
    assert [cells[name] for name in ("precision", "recall", "F1", "average precision")] == [NOTHING] * 4
    assert cells["flagged items"].number == 5.0
    assert row(found["detection"], "bra", "direct", "kmeans")["F1"].number == pytest.approx(0.9, abs=0.01)
    assert "recall of exposure" not in row(found["detection"], "bra", "direct", "kmeans")
    summary = row(found["summary"], "clean", "direct")
    assert summary["false alarms kmeans"].number == 5.0 and summary["AP kmeans"] == NOTHING


def test_recall_of_exposure_stands_where_it_was_measured():
    probe = [record("bra", "direct", s, 0.9, "kmeans", "all") for s in range(3)]
    for one, share in zip(probe, (1.0, 0.5, 0.75), strict=True):
        one.metrics["all"]["recall of exposure"] = share
    others = [one for one in grid() if one.cell.defense != "kmeans"]
    cells = row(shown([*others, *probe])["detection"], "bra", "direct", "kmeans")
    assert cells["recall of exposure"].number == pytest.approx(0.75)
