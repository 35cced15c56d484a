"""The published tables and the published CSV say the same numbers."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from rbench.benchmark.leaderboard.aggregate import aggregate
from rbench.benchmark.leaderboard.build import tables
from rbench.core.records.folder import read_all

RESULTS = Path(__file__).parents[2] / "results"
METRICS = {
    "ml-100k": {"HR@10": "HR@10"},
    "federated/ml-aggregators": {"ER@5": "ER@5", "recall@20": "recall@20"},
}


@pytest.mark.parametrize("name", METRICS)
def test_summary_and_csv_agree(name):
    [(result_set, numbers)] = aggregate(read_all(RESULTS / name / "records"))
    summary = tables(result_set, numbers, [])[0]
    headers = [column.header for column in summary.columns]
    keys = [key for key in result_set.rows if key.defense != "kmeans"]
    assert [key.attack for key in keys] == [cells[0].text for cells in summary.rows[:-1]]
    with (RESULTS / name / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        rows = {
            (r["attack"], r["mode"], r["defense"], r["metric"]): r
            for r in csv.DictReader(file)
            if r["audience"] == "all"
        }
    for header, metric in METRICS[name].items():
        for key, cells in zip(keys, summary.rows, strict=False):
            cell, row = cells[headers.index(header)], rows[(*key, metric)]
            found = (f"{value + 0.0:.6g}" for value in (cell.number, cell.low, cell.high))
            assert [*found, str(cell.n)] == [row["mean"], row["ci_low"], row["ci_high"], row["n_seeds"]]
