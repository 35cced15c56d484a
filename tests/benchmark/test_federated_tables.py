"""The federated scenario's tables show the lengths that were measured, whichever they are."""

from __future__ import annotations

import csv
import io
from statistics import mean

import pytest
from federated_records import PROTOCOL, grid, record

from rbench.benchmark.leaderboard.aggregate import aggregate
from rbench.benchmark.leaderboard.build import build, tables
from rbench.benchmark.scenarios import get
from rbench.benchmark.scenarios.federated.metrics import AIM, DETECTION, METRICS, Lengths, summarise

OTHER = {**PROTOCOL, "federation.exposure_at": [7, 3], "federation.accuracy_at": 15}


def shown(protocol):
    """Return the tables of the grid under a protocol, by name."""
    [(result_set, numbers)] = aggregate(grid(protocol))
    return {table.name: table for table in tables(result_set, numbers, [])}, result_set


def headers(table):
    """Return a table's headers."""
    return [column.header for column in table.columns]


def cell(table, row, header):
    """Return a cell by the names of its row and its column's header."""
    [found] = [cells for cells in table.rows if tuple(c.text for c in cells[: len(row)]) == row]
    return found[headers(table).index(header)]


def test_other_lengths_are_shown_with_their_numbers():
    found, result_set = shown(OTHER)
    summary, exposure = found["summary"], found["exposure"]
    assert headers(summary)[2:] == ["ER@3", "ER@7", "ER@3 peak", "ER@3 floor", "recall@15", "NDCG@15", "Δrecall@15"]
    assert headers(exposure)[3:9] == ["ER@3", "ER@7", "ER@3 peak", "ER@7 peak", "ER@3 floor", "recall@15"]
    [attacked] = [key for key in result_set.rows if (key.attack, key.defense) == ("a-ra", "none")]
    for metric in ("ER@3", "ER@7", "ER@3 peak", "ER@3 floor", "recall@15"):
        values = result_set.sample(attacked, "all", metric).values()
        assert cell(summary, ("a-ra", "sum"), metric).number == pytest.approx(mean(values)) and all(values)
    assert cell(summary, ("a-ra", "sum"), "Δrecall@15").number == pytest.approx(-0.051, abs=1e-3)
    assert cell(exposure, ("a-ra", "sum"), "p").number is not None
    assert headers(found["aggregators"]) == ["ER@3 at the end", "sum", "median"]
    assert headers(found["aggregators-accuracy"])[0] == "recall@15 at the end"
    assert headers(found["targets"])[3:] == ["ER@3", "ER@7"]
    assert cell(found["targets"], ("a-ra", "sum"), "ER@7").n == 6, "two targets, three seeds"
    for table in found.values():
        assert all("@20" not in text and "ER@5" not in text for text in (*table.caption, *headers(table)))


def test_one_length_is_enough():
    found, _ = shown({**PROTOCOL, "federation.exposure_at": [4]})
    assert headers(found["summary"])[2:5] == ["ER@4", "ER@4 peak", "ER@4 floor"]


def test_the_default_lengths_are_the_listed_metrics():
    assert Lengths.of({}) == Lengths.of(PROTOCOL) == Lengths((5, 10, 20, 30), 20)
    assert Lengths.of(PROTOCOL).metrics() == METRICS
    assert get("federated").metrics == {**METRICS, **DETECTION, **AIM}
    [(_, numbers)] = aggregate(grid())
    assert list(dict.fromkeys(metric for _, _, metric, _ in numbers))[: len(METRICS)] == list(METRICS)


def test_every_epoch_is_written():
    rows = list(csv.DictReader(io.StringIO(build(grid(OTHER), [])["epochs.csv"].decode())))
    assert {row["metric"] for row in rows} == {"ER@3", "ER@7", "recall@15", "NDCG@15", "loss"}
    [row] = [r for r in rows if (r["attack"], r["defense"], r["metric"], r["epoch"]) == ("a-ra", "none", "loss", "12")]
    assert (row["n_seeds"], row["mean"]) == ("3", "0.59")


def test_tables_under_one_title_stand_under_one_heading():
    page = build(grid(), [])["leaderboard.md"].decode()
    headings = [line for line in page.splitlines() if line.startswith("### ")]
    assert headings[:4] == ["### In short", "### Exposure", "### Attacks against aggregators", "### Every target"]


def test_aggregators_that_say_whom_they_distrust_have_a_table():
    records = [*grid(), *(record(attack, "krum", seed) for attack in ("clean", "a-ra") for seed in range(3))]
    [(result_set, numbers)] = aggregate(records)
    found = {table.name: table for table in tables(result_set, numbers, [])}["detection"]
    assert headers(found)[2:] == ["precision", "recall", "F1", "AP", "false alarms"]
    assert [tuple(c.text for c in row[:2]) for row in found.rows] == [("clean", "krum"), ("a-ra", "krum")]
    shares = [cell(found, ("a-ra", "krum"), name).number for name in headers(found)[2:]]
    assert shares == pytest.approx([0.5, 0.25, 1 / 3, 0.75, 0.01])
    assert cell(found, ("clean", "krum"), "false alarms").number == pytest.approx(0.01)
    assert cell(found, ("clean", "krum"), "AP").number is None
    assert "detection" not in shown(PROTOCOL)[0]


def test_an_audience_is_measured_apart():
    """λ by hand: the mean of .4/.1 and .6/.2; with nobody reached outside, a tenth is what one of ten users gives."""
    end = {"ER@5": [0.3], "ER@10": [0.5], "target ER@5": [0.4], "target ER@10": [0.6]}
    run = {
        "epochs": [
            {**end, "non-target ER@5": [0.1], "non-target ER@10": [0.2], "recall@20": 0.1, "NDCG@20": 0.1, "loss": 1}
        ],
        "chance": {"ER@5": [0.1], "ER@10": [0.2], "recall@20": 0.1},
        "clients": {"malicious": 1},
        "target users_exposed": [20],
        "non-target users_exposed": [10],
    }
    values, _ = summarise([run])
    assert values["metrics"]["target"] == {"ER@5": 0.4, "ER@10": 0.6}
    assert values["metrics"]["non-target"] == {"ER@5": 0.1, "ER@10": 0.2}
    assert values["metrics"]["all"]["lambda"] == pytest.approx((4 + 3) / 2)
    run["epochs"][0] |= {"non-target ER@5": [0.0], "non-target ER@10": [0.05]}
    assert summarise([run])[0]["metrics"]["all"]["lambda"] == pytest.approx((4 + 6) / 2)
    run["epochs"][0] |= {"target ER@5": [None]}
    assert summarise([run])[0]["metrics"]["all"]["lambda"] is None


def test_the_short_table_shows_whom_it_reached():
    records = [
        record(attack, seed=seed, strength=strength)
        for attack, strength in (("clean", 0.0), ("a-hum-group", 1.0))
        for seed in range(3)
    ]
    for made in records:
        made.metrics["target"], made.metrics["non-target"] = {"ER@5": 0.4}, {"ER@5": 0.1}
        made.metrics["all"]["lambda"] = 4.0
    [(result_set, numbers)] = aggregate(records)
    summary = next(table for table in tables(result_set, numbers, []) if table.name == "summary")
    assert headers(summary)[-3:] == ["target ER@5", "non-target ER@5", "λ"]
    found = [cell(summary, ("a-hum-group", "sum"), header).number for header in headers(summary)[-3:]]
    assert found == pytest.approx([0.4, 0.1, 4.0])
