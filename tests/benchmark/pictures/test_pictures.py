"""Pictures as data: which numbers they show, by hand; and as files: the same each time, whatever the settings."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import federated_records
import numpy as np
import pytest
from pretrained_records import HOSTILE, grid, record
from scipy import stats

from rbench.benchmark import scenarios
from rbench.benchmark.leaderboard.aggregate import sort
from rbench.benchmark.leaderboard.build import build, figures
from rbench.benchmark.leaderboard.html.inline import inline
from rbench.benchmark.scenarios import pictures as shared
from rbench.benchmark.tables.pictures import looks
from rbench.benchmark.tables.pictures.drawing import draw
from rbench.benchmark.tables.pictures.picture import HeatMap, Intervals, Scatter, marks
from rbench.benchmark.tables.result_sets import RowKey

matplotlib = pytest.importorskip("matplotlib")
SVG = "{http://www.w3.org/2000/svg}"
PAPER_FIGURE_INCHES = 7.0


def defended(name="bra"):
    return [*grid(), *(record("bra", "direct", s, 20.0, "reestimate", "all") for s in range(3)), *named(name)]


def named(name):
    return [record(name, "ft", s, 30.0, audience="group") for s in range(3)] if name != "bra" else []


def drawn(records):
    """Return the pictures of one result set by name."""
    [result_set] = sort(records)
    found = scenarios.get(result_set.scenario).pictures(result_set)
    assert len({picture.name for picture in found}) == len(found)
    return {picture.name: picture for picture in found}


def values(records, attack, mode, defense, metric, audience="all"):
    cells = {
        r.cell.seed: r.metrics[audience][metric]
        for r in records
        if (r.cell.attack, r.cell.mode, r.cell.defense) == (attack, mode, defense)
    }
    return np.array([cells[seed] for seed in sorted(cells)])


def test_the_trade_off_by_hand():
    records = defended()
    picture = drawn(records)["trade-off"]
    assert isinstance(picture, Scatter) and next(iter(drawn(records))) == "trade-off"
    points = {mark.about: mark for mark in marks(picture)}
    mark = points[RowKey("bra", "direct", "reestimate")]
    assert mark.before == RowKey("bra", "direct", "none") and points[mark.before].before is None
    assert mark.y.mean == pytest.approx(values(records, "bra", "direct", "reestimate", "HIT@5").mean())
    kept = values(records, "bra", "direct", "reestimate", "HR@10")
    clean = values(records, "clean", "direct", "none", "HR@10")
    logs = np.log(kept / clean)
    half = stats.t.ppf(0.975, 2) * logs.std(ddof=1) / np.sqrt(3)
    expected = 100 * np.exp([logs.mean(), logs.mean() - half, logs.mean() + half])
    assert mark.x is not None and [mark.x.mean, mark.x.low, mark.x.high] == pytest.approx(expected)
    assert mark.label.startswith("bra · direct · reestimate: HIT@5 20.0 [")
    group = points[RowKey("bra-group", "direct", "none")]
    assert group.y.mean == pytest.approx(values(records, "bra-group", "direct", "none", "HIT@5", "target").mean())


def test_the_heat_map_has_a_cell_a_pair_that_was_run():
    picture = drawn(defended())["defenses"]
    assert isinstance(picture, HeatMap) and picture.columns == ("none", "reestimate")
    places = dict(zip(picture.rows, picture.cells, strict=True))
    assert [mark and round(mark.y.mean or 0) for mark in places["bra · direct"]] == [60, 20]
    assert places["bra · ft"][1] is None and not any(row.startswith("local") for row in picture.rows)
    assert "defenses" not in drawn(grid()), "there is nothing to compare"


def test_intervals_have_a_panel_a_mode_and_a_panel_a_detector():
    found = drawn(defended())
    modes, aim, detection = (found[name] for name in ("modes", "lambda", "detection"))
    assert isinstance(modes, Intervals) and [title for title, _ in modes.panels] == ["direct", "ft", "pt"]
    assert "clean" in modes.rows and not modes.log
    assert isinstance(aim, Intervals) and aim.log and aim.reference == 1.0
    assert aim.rows == ("bra-group", "pea:suppress=0.5")
    assert isinstance(detection, Intervals) and [title for title, _ in detection.panels] == ["kmeans"]
    assert detection.rows == ("bra · direct", "pea:suppress=0.5 · pt")
    federated = drawn(federated_records.grid())
    assert [title for title, _ in federated["aggregators"].panels] == ["sum", "median"]


def test_titles_stand_upright_where_they_would_run_into_each_other():
    picture = drawn(defended())["modes"]
    assert isinstance(picture, Intervals)
    ((_, own), *_) = picture.panels
    for titles, upright in ((("direct", "ft", "pt"), False), ([f"trimmed-mean:rows={n}" for n in range(9)], True)):
        svg = draw(replace(picture, panels=tuple((title, own) for title in titles))).decode()
        assert all(re.search(rf"rotate\(-90[^>]*>{title}<", svg) is not None for title in titles) == upright


def test_operating_points_pair_recall_with_false_alarms_in_the_same_mode():
    honest = [record("clean", "direct", s, 0.0, "kmeans") for s in range(3)]
    honest = [replace(r, metrics={"all": {"flagged": 4.0 + r.cell.seed}}) for r in honest]
    picture = drawn([*defended(), *honest])["operating-points"]
    assert isinstance(picture, Scatter) and len(picture.panels) == 1, "of pt nothing says what a false alarm is"
    [mark] = marks(picture)
    assert mark.about == RowKey("bra", "direct", "kmeans") and mark.shape == "kmeans"
    assert mark.y.mean == pytest.approx(values(defended(), "bra", "direct", "kmeans", "recall").mean())
    half = stats.t.ppf(0.975, 2) / np.sqrt(3)  # of 4, 5 and 6: a mean of 5, and a deviation of 1
    assert mark.x is not None
    assert [mark.x.mean, mark.x.low, mark.x.high] == pytest.approx([5, 5 * np.exp(-half / 5), 5 * np.exp(half / 5)])
    assert mark.label.endswith(", flagged of clean 5.0 [3.0, 8.2]")
    assert b">kmeans<" in draw(picture)
    assert "operating-points" not in drawn(defended())


def test_all_pictures_give_a_method_one_colour_that_nobody_else_has():
    methods = {picture.methods for picture in drawn(defended()).values()}
    assert methods == {("bra", "bra-group", "pea")}
    given = looks.colours(next(iter(methods)))
    assert len({*given.values()}) == 4 and given[""] == looks.PLAIN


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_the_same_picture_has_the_same_bytes_whatever_the_users_settings(form):
    found = drawn(defended())
    for picture in (found["trade-off"], found["defenses"]):
        first = draw(picture, form)
        with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 20, "svg.fonttype": "path"}):
            assert draw(picture, form) == first
        assert first.startswith(b"%PDF" if form == "pdf" else b"<?xml")


def test_wide_intervals_leave_room_for_the_points():
    two = [r for r in defended() if r.cell.seed < 2]
    accuracies = {"clean": (0.1, 0.3)}
    wide = [
        replace(r, metrics={**r.metrics, "all": {**r.metrics["all"], "HR@10": accuracies[r.cell.attack][r.cell.seed]}})
        if r.cell.attack in accuracies and r.cell.defense == "none"
        else r
        for r in two
    ]
    picture = drawn(wide)["trade-off"]
    places = [mark.x.mean for mark in marks(picture) if mark.x and mark.x.mean]
    assert max(mark.x.high for mark in marks(picture) if mark.x and mark.x.high) > 1000 * max(places)
    ticks = re.findall(r">(\d+)</text>", draw(picture).decode())
    assert max(map(int, ticks)) <= 2 * max(places) - min(places)


def test_a_file_has_a_white_ground_and_a_page_shows_its_own():
    for picture in drawn(defended()).values():
        [ground] = [e for e in ET.fromstring(draw(picture)).iter() if e.get("id") == "patch_1"]
        [path] = ground
        width, height = (float(part) for part in ET.fromstring(draw(picture)).get("viewBox", "").split()[2:])
        corners = [float(n) for n in re.findall(r"[\d.]+", path.get("d", ""))]
        assert "fill: #ffffff" in path.get("style", "") and {*corners} == {0.0, width, height}
        assert "#ffffff" not in inline(picture, "p", {}, {})


def test_every_mark_is_a_group_of_the_drawing_and_a_link_of_the_page():
    for picture in drawn(defended(HOSTILE)).values():
        root = ET.fromstring(draw(picture))
        ids = [element.get("id") for element in root.iter() if (element.get("id") or "").startswith("mark-")]
        assert sorted(ids) == sorted(f"mark-{n}" for n in range(len(marks(picture)))), picture.name
        assert float(root.get("width", "").removesuffix("pt")) == 72 * PAPER_FIGURE_INCHES
        rows = {mark.about: f"row-{n}" for n, mark in enumerate(marks(picture))}
        page = ET.fromstring(inline(picture, "p", rows, {}).replace("&nbsp;", ""))
        links = {a.get("href"): a.findtext(f"{SVG}title") for a in page.iter(f"{SVG}a")}
        assert {*links} == {f"#{row}" for row in rows.values()}
        assert all(text and rows for text in links.values())
        named = [element.get("id") for element in page.iter() if element.get("id")]
        assert all(name.startswith("p-") for name in named) and len({*named}) == len(named)


def test_a_picture_that_would_be_illegible_is_left_out(monkeypatch):
    monkeypatch.setattr(shared, "MOST_POINTS", 3)
    monkeypatch.setattr(shared, "MOST_ROWS", 1)
    assert drawn(defended()) == {}


def test_names_are_drawn_as_text_and_long_ones_cut():
    assert looks.shown("$x^2$") == r"\$x^2\$" and looks.shown("a\nb\u202ec") == "a b c"
    assert len(looks.shown("x" * 300)) == 40
    found = drawn(defended("$\\frac{1}$_" + "y" * 300))
    for picture in found.values():
        assert b"<script" not in draw(picture)


def test_plot_gives_both_forms_and_draws_what_is_wanted(monkeypatch):
    monkeypatch.setattr(shared, "MOST_ROWS", 1)  # one picture is enough
    records = [r for r in defended() if r.cell.attack in ("clean", "bra") and r.cell.defense != "kmeans"]
    [result_set] = sort(records)
    [picture] = drawn(records).values()
    every = figures([result_set])
    assert every == {f"trade-off.{form}": draw(picture, form) for form in ("svg", "pdf")}
    assert [*figures([result_set], {"trade-off.pdf", "no.svg"})] == ["trade-off.pdf"]


def test_without_matplotlib_the_page_says_what_is_missing(monkeypatch):
    with_ = build(defended(), html=True)["leaderboard.html"].decode()
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as where it isn't installed
    without = build(defended(), html=True)["leaderboard.html"].decode()
    assert "<svg" in with_ and "Matplotlib v" in with_ and "Left out" not in with_
    assert "<svg" not in without and "Matplotlib v" not in without
    assert (
        "Left out, since matplotlib is not installed: Exposure against the accuracy that is kept; Attacks against "
        "defenses; Exposure by mode; Aim by mode; Detection." in without
    )


def test_a_row_whose_accuracy_is_zero_has_no_point():
    broken = [
        replace(r, metrics={**r.metrics, "all": {**r.metrics["all"], "HR@10": 0.0}}) if r.cell.attack == "bra" else r
        for r in defended()
        if r.cell.defense == "none"
    ]
    assert not any(mark.method == "bra" for mark in marks(drawn(broken)["trade-off"]))
