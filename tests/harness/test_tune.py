"""A search's preset is what its rules make of its own trials, and a run takes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rbench.benchmark.scenarios.pretrained import tuning
from rbench.core.toml import read_toml


@pytest.fixture
def brief(monkeypatch):
    """Shorten the search, not its rules."""
    monkeypatch.setattr(tuning, "SCHEDULES", {"train.lr": (1e-3, 1e-2), "dropout": (0.0,)})
    monkeypatch.setattr(tuning, "TUNING", {"finetune": (1e-3, 1e-2), "prompttune": (1e-2,)})


def trials(table: Path) -> dict[str, list[tuple[str, float, float]]]:
    """Return (options, HR@10, NDCG@10) of each search."""
    found: dict[str, list[tuple[str, float, float]]] = {}
    for line in table.read_text("utf-8").splitlines():
        if match := re.match(r"\| (\S+) +\| (.*?) +\| +([\d.]+) \| +([\d.]+) \|", line):
            found.setdefault(match[1], []).append((match[2], float(match[3]), float(match[4])))
    return found


def test_the_preset_follows_from_the_trials(brief, size, rbench, tmp_path):
    out = tmp_path / "found.toml"
    options = [*size, "--attacks", "bra", "--store", tmp_path / "store", "--executor", "serial", "--display", "none"]
    done = rbench("tune", *options, "--schedule-seeds", 1, "--rate-seeds", 2, "--out", out)
    assert done.code == 0, done.err
    preset, searches = read_toml(out), trials(out.with_suffix(".md"))
    table = out.with_suffix(".md").read_text("utf-8")
    assert "mean over seeds 1000." in table and "seeds 1000, 1001." in table
    assert preset["tuned"] == {"model": "sasrec", "dataset": "checkerboard"}
    assert preset["train"]["epochs"] == 2 and preset["checkerboard"]["users"] == 60, "what held throughout"
    for search in ("train", "finetune"):
        best = max(searches[search], key=lambda trial: trial[2])
        assert f"{search}.lr={preset[search]['lr']}" in best[0].split(", ")
    [(_, clean, _)] = searches["clean"]
    rates = [(float(options.partition("=")[2]), left) for options, left, _ in searches["bra.rate"]]
    assert rates == sorted(rates, reverse=True), "from the largest down"
    assert all(left < tuning.KEEP * clean for _, left in rates[:-1]), "the search stops at the first that leaves enough"
    assert preset["bra"]["rate"] == rates[-1][0]
    run = ["--preset", out, "--attacks", "bra", "--modes", "direct", "--defenses", "none", "--seeds", "1"]
    last = rbench("run", *size, *run, "--store", tmp_path / "store", "--out", tmp_path / "out", "--executor", "serial")
    assert last.code == 0, last.err


def test_the_data_set_names_its_preset(brief, size, rbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    named = [word for word in size if word not in ("--datasets", "checkerboard")]
    options = [*named, "--attacks", "bra", "--store", tmp_path / "store", "--executor", "serial", "--display", "none"]
    brief_search = ["--schedule-seeds", 1, "--rate-seeds", 1]
    done = rbench("tune", "checkerboard", *options, *brief_search)
    assert done.code == 0, done.err
    assert read_toml(tmp_path / "checkerboard.toml")["checkerboard"]["users"] == 60
    again = rbench("tune", "checkerboard", *options, *brief_search)
    assert again.code == 2 and "checkerboard.toml is there already" in again.err and "--out" in again.err
    twice = rbench("tune", "checkerboard", "--datasets", "checkerboard", *options)
    assert twice.code == 2 and "name the data set once" in twice.err


def test_a_scenario_without_a_search(rbench):
    done = rbench("tune", "checkerboard", "--attacks", "a-ra")
    assert done.code == 2
    assert "the grid is in the scenario federated; a search needs one, and pretrained has one." in done.err
    both = rbench("tune", "checkerboard", "--attacks", "a-ra,bra")
    assert both.code == 2 and "in the scenario federated and pretrained; a search needs one" in both.err


@pytest.mark.parametrize("words", [["--quick"], ["--seeds", "5"], ["--modes", "ft"], ["--defenses", "none"]])
def test_what_a_search_would_not_heed_is_refused(words, rbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = rbench("tune", "checkerboard", *words)
    assert done.code == 2 and words[0] in done.err and not any(tmp_path.iterdir())


def test_a_search_of_hours_does_not_begin_by_itself(rbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = rbench("tune", "--attacks", "bra")
    assert done.code == 2 and "name the data set" in done.err and not any(tmp_path.iterdir())
