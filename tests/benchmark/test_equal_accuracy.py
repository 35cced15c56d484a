"""Attacks at equal accuracy: what stands between two rates, and its interval, by hand and by an oracle."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pretrained_records import HOSTILE, record
from scipy import stats

from rbench.benchmark import scenarios
from rbench.benchmark.leaderboard.aggregate import aggregate
from rbench.benchmark.leaderboard.build import tables
from rbench.benchmark.scenarios.pretrained.tables.curves import Curve, Point, at_level, curves
from rbench.benchmark.tables.result_sets import result_sets

CLEAN = {0: (0.5, 0.2), 1: (0.5, 0.2), 2: (0.5, 0.2)}
LITTLE = {0: (10.0, 0.19), 1: (12.0, 0.195), 2: (14.0, 0.2)}
MUCH = {0: (40.0, 0.17), 1: (44.0, 0.18), 2: (48.0, 0.175)}


def curve(*steps, rates=(0.0, 0.1, 0.3)):
    points = (
        Point(rate, {s: hit for s, (hit, _) in step.items()}, {s: kept for s, (_, kept) in step.items()})
        for rate, step in zip(rates, steps, strict=False)
    )
    return Curve("bra", "direct", "all", tuple(points))


def records(name="bra", who="all"):
    def one(attack, seed, hit, accuracy, audience, config):
        made = record(attack, "direct", seed, 1.0, audience=audience)
        metrics = {whose: dict(values) for whose, values in made.metrics.items()}
        metrics["all"] |= {"HIT@5": hit / 2, "HR@10": accuracy}
        metrics["target"] |= {"HIT@5": hit}
        return record(
            attack,
            "direct",
            seed,
            1.0,
            metrics=metrics,
            attack_info={"audience": audience, "config": config, "paper": ""},
        )

    made = [one("clean", s, hit, kept, None, {}) for s, (hit, kept) in CLEAN.items()]
    for rate, step in ((0.3, MUCH), (0.1, LITTLE)):
        label = f"{name}:rate={rate}:similarity=any"
        options = {"rate": rate, "similarity": "any"}
        made += [one(label, s, hit, kept, who, options) for s, (hit, kept) in step.items()]
    return made


def test_between_two_rates_both_change_linearly():
    """Kept are 97.5% and 87.5%: 95% lies a quarter of the way, 90% three quarters."""
    found = curve(CLEAN, LITTLE, MUCH)
    assert [found.kept(point) for point in found.points] == pytest.approx([1, 0.975, 0.875])
    for level, part in ((0.95, 0.25), (0.9, 0.75)):
        there = at_level(found, level)
        assert there.reached
        assert there.exposure == pytest.approx(12 + part * 32)
        assert there.rate == pytest.approx(0.1 + part * 0.2)


def test_the_interval_is_the_jackknife_of_the_whole_estimate():
    found = curve(CLEAN, LITTLE, MUCH)
    there = at_level(found, 0.95)

    def estimate(seeds):
        means = np.array([[np.mean([step[s][i] for s in seeds]) for step in (CLEAN, LITTLE, MUCH)] for i in (0, 1)])
        return np.interp(-0.95, -means[1] / means[1][0], means[0])

    every, without = estimate([0, 1, 2]), [estimate([1, 2]), estimate([0, 2]), estimate([0, 1])]
    pseudo = [3 * every - 2 * part for part in without]
    half = stats.t.ppf(0.975, 2) * np.std(pseudo, ddof=1) / math.sqrt(3)
    assert there.exposure == pytest.approx(every)
    assert (there.low, there.high) == pytest.approx((max(0, every - half), min(100, every + half)))
    assert half > 0 and there.low is not None and there.low < every


@given(st.lists(st.floats(0, 100), min_size=4, max_size=4), st.floats(0.5, 0.99))
def test_equal_seeds_have_no_width_and_lie_between_the_rates(hits, level):
    steps = [dict.fromkeys(range(4), (hit, kept)) for hit, kept in zip(hits, (0.2, 0.15, 0.12, 0.09), strict=True)]
    there = at_level(curve(*steps, rates=(0, 0.1, 0.2, 0.3)), level)
    assert there.exposure is not None and there.low is not None and there.high is not None
    assert min(hits) - 1e-9 <= there.exposure <= max(hits) + 1e-9
    assert (there.low, there.high) == pytest.approx((there.exposure, there.exposure), abs=1e-6)


def test_accuracy_that_never_falls_so_far_gives_a_lower_bound():
    there = at_level(curve(CLEAN, LITTLE), 0.95)
    assert (there.exposure, there.rate, there.reached) == (12.0, 0.1, False)


def test_two_seeds_have_no_interval_and_a_silent_clean_model_no_number():
    two = [{s: step[s] for s in (0, 1)} for step in (CLEAN, LITTLE, MUCH)]
    there = at_level(curve(*two), 0.95)
    assert there.exposure is not None and there.low is None and there.high is None
    silent = dict.fromkeys(CLEAN, (0.0, 0.0))
    assert at_level(curve(silent, LITTLE, MUCH), 0.95).exposure is None


def test_only_seeds_that_every_rate_has_count():
    more = {**MUCH, 9: (99.0, 0.01)}
    assert at_level(curve(CLEAN, LITTLE, more), 0.95) == at_level(curve(CLEAN, LITTLE, MUCH), 0.95)


@pytest.mark.parametrize(("who", "share"), [("all", 0.5), ("group", 1.0)])
def test_the_table_and_the_series(who, share):
    """Rates are sorted; a group attack is judged by its target users."""
    [(result_set, numbers)] = aggregate(records(who=who))
    found = {table.name: table for table in tables(result_set, numbers, None)}["equal-accuracy"]
    [cells] = found.rows
    row = dict(zip((column.header for column in found.columns), cells, strict=True))
    assert (row["attack"].text, row["mode"].text, row["rates"].text) == ("bra:similarity=any", "direct", "0.1, 0.3")
    assert row["HIT@5 % at 95%"].number == pytest.approx(20 * share)
    assert row["HIT@5 % at 90%"].number == pytest.approx(36 * share)
    assert row["rate at 95%"].number == pytest.approx(0.15)
    [series] = scenarios.get("pretrained").series(result_set)
    assert [cells[4].number for cells in series.rows] == [0, 0.1, 0.3]
    assert [cells[5].number for cells in series.rows] == pytest.approx([1, 0.975, 0.875])


def test_one_rate_alone_is_no_curve():
    [result_set] = result_sets([r for r in records() if "rate=0.1" not in r.cell.attack])
    assert curves(result_set) == [] and scenarios.get("pretrained").series(result_set) == []
    assert scenarios.get("pretrained").figures(result_set) == {}


def test_the_picture_is_always_the_same_and_a_name_is_only_text():
    [result_set] = result_sets(records(name=HOSTILE.split("\n")[0]))
    first, second = (scenarios.get("pretrained").figures(result_set)["equal-accuracy.svg"] for _ in range(2))
    assert first == second and b"<script" not in first


def test_report_writes_the_series(tmp_path):
    from rbench.benchmark.leaderboard.build import files

    made = files(aggregate(records()), None)
    [name] = [name for name in made if name.endswith("equal-accuracy.csv")]
    rows = list(csv.DictReader(io.StringIO(made[name].decode())))
    assert [row["attack"] for row in rows] == ["bra:similarity=any"] * 3
