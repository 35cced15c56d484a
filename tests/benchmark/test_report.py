"""Writing the leaderboard beside its records, and finding out that it was touched."""

from dataclasses import replace

import pytest

from rbench.benchmark.leaderboard.report import check, write
from rbench.core.errors import UserError
from rbench.core.records.record import Cell, Record, filename, to_bytes


def fill(folder, **changes):
    """Put three records of a clean model into a folder."""
    (folder / "records").mkdir(exist_ok=True)
    for seed in range(3):
        cell = Cell("d", "m", "clean", "direct", "none", seed)
        made = Record(cell, "done", {"loss": "bpr"}, metrics={"all": {"HIT@5": 0.1 + seed / 100}})
        made = replace(made, **changes)
        (folder / "records" / filename(made)).write_bytes(to_bytes(made))


def test_written_files_are_right_and_touched_ones_are_found(tmp_path):
    fill(tmp_path)
    assert check(tmp_path) == ["leaderboard.csv", "leaderboard.md"]
    assert [path.name for path in write(tmp_path)] == ["leaderboard.md", "leaderboard.csv"]
    assert check(tmp_path) == []
    before = {path.name: path.read_bytes() for path in tmp_path.glob("leaderboard*")}
    write(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("leaderboard*")} == before
    table = tmp_path / "leaderboard.csv"
    table.write_bytes(table.read_bytes().replace(b"0.11", b"0.12"))
    assert check(tmp_path) == ["leaderboard.csv"]
    assert {path.name for path in tmp_path.iterdir()} == {"records", "leaderboard.md", "leaderboard.csv"}


def test_changed_records_are_found(tmp_path):
    fill(tmp_path)
    write(tmp_path)
    fill(tmp_path, metrics={"all": {"HIT@5": 7.0}})
    assert check(tmp_path) == ["leaderboard.csv", "leaderboard.md"]


def test_a_second_protocol_replaces_the_single_csv(tmp_path):
    fill(tmp_path)
    (tmp_path / "leaderboard-notes.csv").write_text("mine")
    write(tmp_path)
    fill(tmp_path, protocol={"loss": "softmax"})
    assert "leaderboard.csv" in check(tmp_path)
    write(tmp_path)
    names = {path.name for path in tmp_path.glob("*.csv")}
    assert "leaderboard.csv" not in names and "leaderboard-notes.csv" in names and len(names) == 3
    assert check(tmp_path) == []


@pytest.mark.parametrize("make", [False, True])
def test_a_directory_without_records_is_refused(tmp_path, make):
    if make:
        (tmp_path / "records").mkdir()
    for function in (write, check):
        with pytest.raises(UserError, match="records"):
            function(tmp_path)
    assert not list(tmp_path.glob("leaderboard*"))


def test_a_broken_record_is_named_and_nothing_is_written(tmp_path):
    fill(tmp_path)
    (tmp_path / "records" / "zz.json").write_text("{}")
    with pytest.raises(UserError, match=r"zz\.json"):
        write(tmp_path)
    assert not list(tmp_path.glob("leaderboard*"))
