"""Pictures beside a leaderboard: drawn the same each time, checked like the other files, never of other numbers."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version

import pytest
from federated_records import PROTOCOL, grid

from rbench.benchmark.leaderboard.aggregate import sort
from rbench.benchmark.leaderboard.build import figures
from rbench.benchmark.leaderboard.report import check, uncompared, write
from rbench.benchmark.scenarios.federated.scenario import FederatedScenario
from rbench.core.records.record import filename, to_bytes

matplotlib = pytest.importorskip("matplotlib")


def fill(folder, records):
    """Put records, and no others, into a folder, and write its leaderboard."""
    (folder / "records").mkdir(exist_ok=True)
    for path in (folder / "records").iterdir():
        path.unlink()
    for made in records:
        (folder / "records" / filename(made)).write_bytes(to_bytes(made))


@pytest.fixture
def drawn(tmp_path):
    """Return a folder with records, leaderboard and picture."""
    fill(tmp_path, grid())
    write(tmp_path)
    assert not (tmp_path / "exposure.svg").exists(), "who wants a picture asks for it"
    (tmp_path / "exposure.svg").write_bytes(figures(sort(grid()))["exposure.svg"])
    return tmp_path


def test_a_picture_is_the_same_each_time_whatever_the_users_settings(drawn):
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 20, "svg.fonttype": "path"}):
        assert check(drawn) == []
        assert matplotlib.rcParams["axes.facecolor"] == "red"


def test_a_touched_picture_is_found_and_drawn_again(drawn):
    picture = drawn / "exposure.svg"
    right = picture.read_bytes()
    picture.write_bytes(right.replace(b"</svg>", b"<!-- touched --></svg>"))
    assert check(drawn) == ["exposure.svg"]
    assert "exposure.svg" in [path.name for path in write(drawn)]
    assert check(drawn) == [] and picture.read_bytes() == right


def test_a_picture_of_other_records_is_found_and_drawn_again(drawn):
    fill(drawn, [record for record in grid() if record.cell.seed])
    assert "exposure.svg" in check(drawn)
    write(drawn)
    assert check(drawn) == []


def test_a_picture_whose_name_the_records_no_longer_give_is_removed(drawn):
    fill(drawn, [*grid(), *grid({**PROTOCOL, "federation.epochs": 11})])
    assert "exposure.svg" in check(drawn)
    write(drawn)
    assert not (drawn / "exposure.svg").exists() and check(drawn) == []


def test_a_picture_by_another_matplotlib_is_not_compared(drawn):
    picture = drawn / "exposure.svg"
    other = re.sub(rb"Matplotlib v[\d.]+", b"Matplotlib v0.99.1", picture.read_bytes())
    assert f"Matplotlib v{version('matplotlib')}".encode() in picture.read_bytes() and uncompared(drawn) == []
    picture.write_bytes(other)
    assert (check(drawn), uncompared(drawn)) == ([], ["exposure.svg"])


def test_without_matplotlib_a_picture_stays_while_its_numbers_do(drawn, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as where it isn't installed
    write(drawn)
    assert (drawn / "exposure.svg").exists()
    fill(drawn, [record for record in grid() if record.cell.seed])
    write(drawn)
    assert not (drawn / "exposure.svg").exists(), "beside the new numbers it would mislead"


def test_a_file_that_a_scenario_does_not_declare_is_a_bug(monkeypatch):
    monkeypatch.setattr(FederatedScenario, "own_files", ("epochs.csv",))
    pictures = [f"{name}.{kind}" for name in ("trade-off", "defenses", "aggregators") for kind in ("svg", "pdf")]
    lacking = ", ".join(sorted([*pictures, "exposure.svg"]))
    with pytest.raises(ValueError, match=re.escape(f"own_files lacks {lacking}")):
        figures(sort(grid()))
