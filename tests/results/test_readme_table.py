"""The README's table is what the default run prints, from published records."""

from __future__ import annotations

from pathlib import Path

from rbench.benchmark import scenarios
from rbench.benchmark.grid.resolve import Request
from rbench.benchmark.leaderboard.aggregate import numbers
from rbench.benchmark.leaderboard.summary import summary_text
from rbench.benchmark.stages.setting import BASELINES, DEFAULT_SCENARIO
from rbench.benchmark.tables.result_sets import result_sets
from rbench.core.records.folder import read_all

SEEDS = Request().seeds
ATTACKS = scenarios.get(DEFAULT_SCENARIO).attacks
ROOT = Path(__file__).parents[2]


def test_readme_shows_the_default_run():
    records = read_all(ROOT / "results" / "default" / "records")
    assert {record.cell.seed for record in records} == {*SEEDS}
    assert {record.cell.attack for record in records} == {*ATTACKS, *BASELINES}
    [result_set] = result_sets(records)
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = readme.partition("<!-- table: results/default -->")[2].partition("<!-- /table -->")[0]
    table = summary_text(result_set, numbers(result_set))
    assert shown.strip() == f"```text\n{table}\n```"
