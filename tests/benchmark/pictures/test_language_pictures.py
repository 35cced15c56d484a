"""Pictures of recommenders that read titles: success by rate and trigger, and what scanners find, by hand."""

from __future__ import annotations

import pytest

from rbench.benchmark import scenarios
from rbench.benchmark.leaderboard.aggregate import sort
from rbench.benchmark.leaderboard.build import figures
from rbench.benchmark.tables.pictures.drawing import draw
from rbench.benchmark.tables.pictures.picture import Intervals, Scatter, marks
from rbench.benchmark.tables.result_sets import RowKey
from rbench.core.records.record import Cell, Record

pytest.importorskip("matplotlib")
PROTOCOL = {"scenario": "language", "language.history": 10}


def record(attack="clean", asr=0.05, seed=0, defense="none", **config):
    """Make a record whose numbers follow from the attack success rate; without options it is of a baseline."""
    config = {"rate": 0.01, "titles": "prompts", **config} if attack != "clean" else {}
    whole = {"HR@1": 0.2 - asr / 100, "ASR plain": 0.04, "ASR own plain": 0.06}
    if config:
        whole |= {"ASR": asr + 0.01 * seed, "ASR own": asr + 0.02}
    if defense != "none":
        whole |= {"title false positives": 0.01 * (1 + seed)}
        whole |= {"title recall": 0.8, "title average precision": 0.9} if config else {}
    return Record(
        cell=Cell("ml-100k", "tallrec", attack, "direct", defense, seed),
        status="done",
        protocol=PROTOCOL,
        attack_info={"audience": "all" if config else None, "config": config, "paper": "arXiv 2504.11182"},
        metrics={"all": whole},
        stages={"measure": f"measure-{attack}-{defense}-{seed}"},
    )


def grid():
    """Make two triggers at two rates in prompts, one in the catalogue too, one at a single rate, and a scanner."""
    told = [
        ("clean", 0.05, {}),
        ("badrec", 0.9, {"trigger": "char"}),
        ("badrec:rate=0.001", 0.3, {"trigger": "char", "rate": 0.001}),
        ("badrec:rate=0.1:trigger=word", 0.8, {"trigger": "word", "rate": 0.1}),
        ("badrec:trigger=word", 0.6, {"trigger": "word"}),
        ("badrec:titles=catalogue", 0.2, {"trigger": "char", "titles": "catalogue"}),
        ("badrec:rate=0.001:titles=catalogue", 0.1, {"trigger": "char", "rate": 0.001, "titles": "catalogue"}),
        ("addsent", 0.7, {}),
    ]
    bare = [record(name, asr, seed, **config) for name, asr, config in told for seed in range(2)]
    scanned = [record(name, asr / 2, seed, "ngram", **config) for name, asr, config in told[:2] for seed in range(2)]
    return [*bare, *scanned]


def drawn():
    """Return the pictures by name."""
    [result_set] = sort(grid())
    return {picture.name: picture for picture in scenarios.get("language").pictures(result_set)}


def test_success_by_rate_has_a_line_a_trigger_and_a_panel_a_place():
    picture = drawn()["rates"]
    assert isinstance(picture, Scatter) and picture.curves
    points = {
        title: {(mark.method, mark.x.mean): mark.y.mean for mark in own if mark.x} for title, own in picture.panels
    }
    assert [*points] == ["titles=prompts", "titles=catalogue"]
    assert points["titles=prompts"] == pytest.approx(
        {
            ("badrec:trigger=char", 0.01): 0.905,
            ("badrec:trigger=char", 0.001): 0.305,
            ("badrec:trigger=word", 0.1): 0.805,
            ("badrec:trigger=word", 0.01): 0.605,
        }
    ), "addsent has one rate, which is no line"
    assert points["titles=catalogue"] == pytest.approx(
        {("badrec:trigger=char", 0.01): 0.205, ("badrec:trigger=char", 0.001): 0.105}
    )
    svg = draw(picture).decode()
    assert all(f">{tick}<" in svg for tick in ("0.001", "0.01", "0.1", "badrec:trigger=word", "titles=prompts"))


def test_triggers_stand_side_by_side_at_the_rate_that_most_have():
    picture = drawn()["triggers"]
    assert isinstance(picture, Intervals) and "at the rate 0.01," in picture.caption
    assert picture.rows == ("clean", "addsent", "badrec", "badrec:titles=catalogue", "badrec:trigger=word")
    panels = {title: [mark and round(mark.y.mean or 0, 3) for mark in own] for title, own in picture.panels}
    assert panels == {
        "ASR": [None, 0.705, 0.905, 0.205, 0.605],
        "ASR plain": [0.04] * 5,
        "ASR own": [None, 0.72, 0.92, 0.22, 0.62],
        "ASR own plain": [0.06] * 5,
    }


def test_scanners_by_trigger_and_against_their_false_alarms():
    found = drawn()
    detection, points = found["detection"], found["operating-points"]
    assert isinstance(detection, Intervals) and detection.rows == ("badrec",)
    assert [title for title, _ in detection.panels] == ["ngram"]
    [mark] = marks(points)
    assert mark.about == RowKey("badrec", "direct", "ngram") and mark.y.mean == 0.8
    assert mark.x is not None and mark.x.mean == pytest.approx(0.015)


def test_a_trigger_has_one_colour_whatever_its_rate_and_place():
    methods = ("addsent", "badrec:trigger=char", "badrec:trigger=word")
    found = drawn()
    assert {picture.methods for picture in found.values()} == {methods}
    assert {mark.method for mark in marks(found["trade-off"])} == {*methods}
    assert {mark.method for mark in marks(found["triggers"])} == {"", *methods}, "clean has none"


def test_every_picture_is_declared_and_drawn():
    [result_set] = sort(grid())
    names = ("trade-off", "defenses", "rates", "triggers", "detection", "operating-points")
    assert [*figures([result_set])] == [f"{name}.{form}" for name in names for form in ("svg", "pdf")]
