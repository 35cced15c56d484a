"""`rbench report --html`: the page is written when asked for, then kept up to date and checked."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from pretrained_records import grid

from rbench.benchmark.commands.report import report
from rbench.benchmark.leaderboard.build import build
from rbench.benchmark.leaderboard.report import check, write
from rbench.core.errors import UserError
from rbench.core.records.record import filename, to_bytes


@pytest.fixture
def folder(tmp_path):
    """Return a folder with records and nothing else."""
    (tmp_path / "records").mkdir()
    for made in grid():
        (tmp_path / "records" / filename(made)).write_bytes(to_bytes(made))
    return tmp_path


def called(folder, *options):
    return CliRunner().invoke(report, [str(folder), *options], catch_exceptions=False, standalone_mode=False)


def test_who_wants_the_page_asks_for_it(folder):
    write(folder)
    assert not (folder / "leaderboard.html").exists() and check(folder) == []
    assert check(folder, html=True) == ["leaderboard.html"]
    assert f"{folder / 'leaderboard.html'}\n" in called(folder, "--html").output
    assert (folder / "leaderboard.html").read_bytes() == build(grid(), html=True)["leaderboard.html"]


def test_a_touched_page_is_found_and_made_again(folder):
    called(folder, "--html")
    page = folder / "leaderboard.html"
    right = page.read_bytes()
    page.write_bytes(right.replace(b"60.02", b"06.02"))
    assert called(folder, "--check").return_value == 1 and check(folder) == ["leaderboard.html"]
    write(folder)
    assert page.read_bytes() == right and called(folder, "--check").return_value == 0


def test_printing_and_writing_are_two_things(folder):
    with pytest.raises(UserError, match="--html writes files, and --format, --table and --bibtex print"):
        called(folder, "--html", "--format", "csv")
