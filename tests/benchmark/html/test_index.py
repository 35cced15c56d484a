"""The index over several folders: a row a folder, exposure side by side, written and checked by `rbench report`."""

from __future__ import annotations

from dataclasses import replace

import federated_records
import pytest
from click.testing import CliRunner
from pretrained_records import HOSTILE, grid, record

from rbench.benchmark.commands.report import report
from rbench.benchmark.leaderboard.report import write_index
from rbench.core.errors import UserError
from rbench.core.records.record import filename, to_bytes


def fill(folder, records):
    (folder / "records").mkdir(parents=True)
    for made in records:
        (folder / "records" / filename(made)).write_bytes(to_bytes(made))


@pytest.fixture
def results(tmp_path):
    """Return a directory with three folders of results, one of them deeper than the others and with hostile names."""
    fill(tmp_path / "first", [*grid(), *(record("bra", "direct", s, 20.0, "reestimate", "all") for s in range(3))])
    other = [replace(made, cell=replace(made.cell, dataset="other", model=HOSTILE)) for made in grid(2)]
    failed = replace(record("pea", "ft", 0), status="failed", error="no", metrics={})
    fill(tmp_path / "deep" / "second <b>", [*other, failed])
    fill(tmp_path / "third", federated_records.grid())
    return tmp_path


def called(folder, *options):
    return CliRunner().invoke(report, [str(folder), *options], catch_exceptions=False, standalone_mode=False)


def test_a_row_a_folder_and_exposure_side_by_side(read, results):
    (results / "first" / "leaderboard.html").write_text("a page")
    assert called(results, "--html").output == f"{results / 'index.html'}\n"
    page = read((results / "index.html").read_bytes())
    contents, *across = page.tables
    first, second, third = contents[2], contents[1], contents[3]
    assert [row[0] for row in contents] == ["folder", "deep/second <b>", "first", "third"]
    assert first[1:4] == ["pretrained", "ml-100k", "sasrec"] and first[6:8] == ["none, kmeans, reestimate", "0, 1, 2"]
    assert second[8:10] == ["22", "1"] and third[1:3] == ["federated", "d"] and third[8] == "12"
    links = [href for href in page.values("href") if "leaderboard" in href]
    assert links == ["deep/second%20%3Cb%3E/leaderboard.md", "first/leaderboard.html", "third/leaderboard.md"]
    pretrained = next(table for table in across if ["bra", "ft"] in [row[:2] for row in table])
    bra = next(row for row in pretrained if row[:2] == ["bra", "direct"])
    assert [text.split()[0] for text in bra[2:]] == ["59.99", "60.02"], "of two seeds and of three"
    assert "script" not in {tag for tag, _ in page.elements[:-1]} and len(across) == 2


def test_the_index_is_checked_and_changed_records_are_found(results):
    assert called(results, "--check").return_value == 1, "it is not there yet"
    called(results, "--html")
    before = (results / "index.html").read_bytes()
    assert called(results, "--check").return_value == 0
    assert write_index(results).read_bytes() == before
    next((results / "third" / "records").iterdir()).unlink()
    assert called(results, "--check").return_value == 1


def test_a_directory_without_results_is_refused(tmp_path):
    with pytest.raises(UserError, match="no folders with records"):
        write_index(tmp_path)
    with pytest.raises(UserError, match="no such directory of records"):
        called(tmp_path, "--html")
