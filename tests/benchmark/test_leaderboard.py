"""The leaderboard's files from records that are made up."""

import csv
import io
import math
import random
from dataclasses import replace
from statistics import mean

import pytest
from pretrained_records import HOSTILE, PROTOCOL, grid, record
from scipy import stats

from rbench.benchmark.leaderboard.build import build
from rbench.benchmark.leaderboard.render.csv import safe
from rbench.benchmark.leaderboard.render.markdown import escape
from rbench.benchmark.leaderboard.tidy_csv import HEADER
from rbench.core.errors import UserError
from rbench.core.records.record import Cell


def parse(content):
    """Return a CSV's rows."""
    return list(csv.DictReader(io.StringIO(content.decode())))


def lines_with(markdown, start):
    """Return the table lines that start with these cells."""
    return [line for line in markdown.splitlines() if line.startswith("| " + start)]


def test_files_do_not_depend_on_the_order_of_records():
    records = grid()
    first = build(records)
    random.Random(1).shuffle(records)
    assert build(records) == first
    assert set(first) == {"leaderboard.md", "leaderboard.csv"}


def test_csv_is_tidy_and_its_numbers_are_scipys():
    rows = parse(build(grid())["leaderboard.csv"])
    assert list(rows[0]) == HEADER
    keys = [tuple(r[c] for c in ("attack", "mode", "defense", "audience", "metric", "baseline")) for r in rows]
    assert len(set(keys)) == len(keys)
    ours, clean = (
        [
            r.metrics["all"]["HIT@5"]
            for r in grid()
            if r.cell.attack == a and r.cell.mode == "direct" and r.cell.defense == "none"
        ]
        for a in ("bra", "clean")
    )
    row = rows[keys.index(("bra", "direct", "none", "all", "HIT@5", "clean"))]
    test = stats.ttest_rel(ours, clean)
    low, high = stats.t.interval(0.95, 2, stats.tmean(ours), stats.sem(ours))
    assert row["n_seeds"] == "3"
    for column, value in {"mean": stats.tmean(ours), "std": stats.tstd(ours), "ci_low": low, "ci_high": high}.items():
        assert float(row[column]) == pytest.approx(value, rel=1e-5)
    assert float(row["p_value"]) == pytest.approx(test.pvalue, rel=1e-5)
    # the family is HIT@5 of the attacks on all users: bra direct and bra ft
    other = float(rows[keys.index(("bra", "ft", "none", "all", "HIT@5", "clean"))]["p_value"])
    smaller, larger = sorted([test.pvalue, other])
    expected = 2 * smaller if test.pvalue == smaller else max(2 * smaller, larger)
    assert float(row["p_adjusted"]) == pytest.approx(expected, rel=1e-4)


def test_accuracy_is_compared_with_clean_and_with_local():
    rows = parse(build(grid())["leaderboard.csv"])
    found = {r["baseline"] for r in rows if (r["attack"], r["mode"], r["metric"]) == ("bra", "ft", "HR@10")}
    assert found == {"clean", "local"}
    assert {r["baseline"] for r in rows if r["attack"] == "local"} == {""}
    assert {r["baseline"] for r in rows if (r["attack"], r["metric"]) == ("clean", "HIT@5")} == {""}


def test_markdown_has_the_papers_three_tables():
    markdown = build(grid())["leaderboard.md"].decode()
    titles = [line for line in markdown.splitlines() if line.startswith("### ")]
    assert titles[:4] == [
        "### In short",
        "### Attacks on all users",
        "### Attacks on a group of users",
        "### Detection",
    ]
    assert len(lines_with(markdown, "chance |")) == 4
    bra = lines_with(markdown, "bra | direct | 3 |")[0]
    assert "| 60.0" in bra and " [59.881, 60.153] " in bra and "| 3 of 3 |" in bra
    assert lines_with(markdown, "bra | ft | 3 |")[0].rstrip(" |").endswith("2"), "direct and ft differ: two tiers"
    assert lines_with(markdown, "bra | direct | kmeans | 3 |")
    for part in (
        "split = leave-one-out",
        "max_length = 50",
        "HIT@5 100.000%",
        "3 seeds (0, 1, 2)",
        "Holm",
        "`rbench report DIR`",
        "5 target items with 3 to 7",
    ):
        assert part in markdown
    assert markdown.index("## Claims") > markdown.index("### Detection")


def test_baselines_alone_make_a_table_too():
    markdown = build([r for r in grid() if r.cell.attack in ("local", "clean")])["leaderboard.md"].decode()
    assert lines_with(markdown, "clean | ft | 3 |") and lines_with(markdown, "local | direct | 3 |")
    assert "### Attacks on all users" in markdown and "### Detection" not in markdown


def test_few_seeds_get_a_reason_and_no_p_value():
    markdown = build(grid(2))["leaderboard.md"].decode()
    assert "none: 2 pairs, fewer than 3" in lines_with(markdown, "bra | direct | 2 |")[0]


def test_rows_with_fewer_seeds_are_named():
    records = [r for r in grid() if (r.cell.attack, r.cell.mode, r.cell.seed) != ("bra", "ft", 1)]
    markdown = build(records)["leaderboard.md"].decode()
    assert "- bra · ft: 2 of 3 seeds, without 1." in markdown
    assert "missing pairs: seed 1" in lines_with(markdown, "bra | ft | 2 |")[0]


def test_failures_are_listed_with_their_reason():
    failed = record("bra", "pt", 1, audience="all", status="failed", error="out of\nmemory | <b>", metrics={})
    markdown = build([*grid(), failed])["leaderboard.md"].decode()
    assert "- bra · pt · none, seed 1: out of memory &#124; &#60;b>" in markdown


def test_defended_rows_name_the_defense():
    repaired = [record("bra", "direct", s, 1.0, "finepruning", "all") for s in range(3)]
    markdown = build([*grid(), *repaired])["leaderboard.md"].decode()
    assert lines_with(markdown, "bra | direct | finepruning | 3 |")


def test_the_baseline_is_the_undefended_clean_model():
    repaired = [record("clean", "direct", s, 0.3, "finepruning") for s in range(3)]
    rows = parse(build([*grid(), *repaired])["leaderboard.csv"])
    found = {r["baseline"] for r in rows if (r["defense"], r["metric"]) == ("finepruning", "HIT@5")}
    assert found == {"clean"}, "what a repair does to a clean model is told by the clean model"
    alone = [r for r in grid() if r.cell.attack == "bra"]
    assert {r["baseline"] for r in parse(build([*alone, *repaired])["leaderboard.csv"])} == {""}


def test_protocols_are_never_mixed():
    others = [replace(r, protocol={**PROTOCOL, "loss": "softmax"}) for r in grid()]
    files = build([*grid(), *others])
    assert len(files) == 3 and "leaderboard.csv" not in files
    assert all(content == build(grid())["leaderboard.csv"] for name, content in files.items() if name.endswith("csv"))
    assert files["leaderboard.md"].decode().count("· protocol ") == 4, "a result_set and its claims, twice"


def test_several_data_sets_share_one_csv():
    other = [replace(r, cell=replace(r.cell, dataset="other"), protocol={**PROTOCOL, "data": "other"}) for r in grid()]
    files = build([*grid(), *other])
    assert sorted(files) == ["leaderboard.csv", "leaderboard.md"]
    assert len({row["dataset"] for row in parse(files["leaderboard.csv"])}) == 2


def test_the_short_table_agrees_with_the_long_ones():
    markdown = build(grid())["leaderboard.md"].decode()
    short = markdown[markdown.index("### In short") : markdown.index("### Attacks on all users")]
    bra = next(line for line in short.splitlines() if line.startswith("| bra | direct |"))
    assert "| 60.02 [59.88, 60.15] |" in bra
    clean = mean(r.metrics["all"]["HR@10"] for r in grid() if (r.cell.attack, r.cell.mode) == ("clean", "direct"))
    attacked = mean(
        r.metrics["all"]["HR@10"]
        for r in grid()
        if (r.cell.attack, r.cell.mode) == ("bra", "direct") and r.cell.defense == "none"
    )
    assert f"| {100 * (attacked / clean - 1):+.0f}% |" in bra


def test_contradicting_records_are_refused():
    with pytest.raises(UserError, match="two records are of one cell"):
        build([*grid(), replace(grid()[0], stages={"rank": "other"})])
    other = record("bra", "direct", 7, audience="all", attack_info={"audience": "all", "config": {"rate": 1}})
    with pytest.raises(UserError, match="configured differently"):
        build([*grid(), other])


def test_hostile_names_stay_text():
    hostile = [
        replace(r, cell=replace(r.cell, dataset=HOSTILE, attack="-2+3|`" if r.cell.attack == "bra" else r.cell.attack))
        for r in grid()
    ]
    files = build(hostile)
    markdown = files["leaderboard.md"].decode()
    assert "<script>" not in markdown and "](http" not in markdown and "\n# h" not in markdown
    rows = lines_with(markdown, escape("-2+3|`"))
    header = next(line for line in markdown.splitlines() if line.startswith("| attack |"))
    assert rows and rows[0].count("|") == header.count("|")
    for row in parse(files["leaderboard.csv"]):
        assert row["dataset"].startswith("'=cmd") and not row["attack"].startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("name", ["=1", "+1", "-1", "@a", "\t=1", "\r\n=1", "\u200b=1", " =1", "＝1"])
def test_formulas_are_quoted(name):
    assert safe(name).startswith("'")


def test_names_that_are_not_unicode_can_be_written():
    assert build([replace(grid()[0], cell=Cell("\udcff", "m", "clean", "direct", "none", 0))])


def test_nothing_but_failures_makes_a_leaderboard():
    files = build([record(status="failed", error="no", metrics={}, chance={})])
    assert files["leaderboard.csv"].decode() == ",".join(HEADER) + "\n"
    assert "seed 0: no" in files["leaderboard.md"].decode()


def test_variants_of_one_attack_are_compared_with_its_first():
    assert "### Variants" not in build(grid())["leaderboard.md"].decode()
    lone = [record("pea:suppress=0.5", "direct", s, 30.0, audience="group") for s in range(3)]
    plain = [record("pea", "direct", s, 10.0, audience="group") for s in range(3)]
    markdown = build([*lone, *plain])["leaderboard.md"].decode()
    ours, theirs = ([r.metrics["all"]["lambda"] for r in rows] for rows in (lone, plain))
    test = stats.ttest_rel(*(list(map(math.log, values)) for values in (ours, theirs)))
    logs = [math.log(a / b) for a, b in zip(ours, theirs, strict=True)]
    half = stats.t.ppf(0.975, 2) * stats.sem(logs)
    low, factor, high = (math.exp(mean(logs) + step) for step in (-half, 0, half))
    [row] = lines_with(markdown, "pea:suppress=0.5 | pea | direct |")
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[5] == f"×{factor:.3f} [{low:.3f}, {high:.3f}]"
    assert cells[-1] == ("< 0.001" if test.pvalue < 0.001 else f"{test.pvalue:.3f}")
