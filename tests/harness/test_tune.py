"""A search's preset is what its rules make of its own trials, and a run takes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rbench.benchmark.scenarios.pretrained import tuning
from rbench.core.toml import read_toml
from rbench.models.sasrec import SASRec


@pytest.fixture
def brief(monkeypatch):
    """Shorten the search, not its rules."""
    brief = {"train.lr": (1e-3, 1e-2), "dropout": (0.0,), "finetune.lr": (1e-3, 1e-2), "prompttune.lr": (1e-2,)}
    monkeypatch.setattr(tuning, "SEARCH", brief)


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


OUTSIDE = """
from dataclasses import dataclass

from rbench.core.config import Options
from rbench.models import Model, register


@dataclass(frozen=True)
class Sizes(Options):
    width: int = 8
    max_length: int = 10


@register
class Plain(Model[Sizes]):
    \"\"\"Without dropout.\"\"\"

    search = {SEARCH}

    @classmethod
    def build(cls, config, n_items):
        from rbench.models.sequential.layers.transformer import Transformer

        return Transformer(
            n_items,
            n_layers=1,
            n_heads=1,
            hidden_size=config.width,
            inner_size=config.width,
            dropout=0.0,
            attention_dropout=0.0,
            hidden_act="relu",
            max_length=config.max_length,
            initializer_range=0.02,
        )
"""


def test_several_models_have_an_overlay_each(size, process, tmp_path):
    (tmp_path / "plain.py").write_text(
        OUTSIDE.replace("{SEARCH}", '{"train.lr": (3e-3,), "width": (4, 8), "finetune.lr": (2e-3,)}')
    )
    (tmp_path / "base.toml").write_text(
        '[tuned]\nmodel = "gru4rec"\ndataset = "checkerboard"\n[bra]\nrate = 0.15\n[with.sasrec.train]\npatience = 3\n'
    )
    grid = [*size, "--models", "sasrec,plain", "--plugin", "plain.py", "--store", "store", "--executor", "serial"]
    only = ["--attacks", "clean", "--preset", "base.toml", "--schedule-seeds", 1]
    done = process("tune", *grid, *only, "--out", "both.toml")
    assert done.code == 0, done.err
    preset = read_toml(tmp_path / "both.toml")
    assert preset["tuned"] == {"model": "sasrec", "dataset": "checkerboard", "rates": "gru4rec"}
    assert preset["bra"] == {"rate": 0.15}, "rates stay where they were not searched"
    assert preset["train"]["lr"] in (1e-3, 2e-3) and preset["train"]["epochs"] == 2
    overlay = preset["with"].pop("plain")
    assert not preset["with"] and preset["plain"]["width"] in (4, 8)
    assert overlay["tuned"] == {"model": "plain", "dataset": "checkerboard", "rates": "gru4rec"}
    assert overlay["train"].pop("batch_size") in (16, 64)
    assert overlay["train"] == {"lr": 3e-3, "patience": 5}, "what was searched, and what holds for the other alone"
    assert overlay["finetune"] == {"lr": 2e-3} and set(overlay) == {"tuned", "train", "finetune", "prompttune"}
    tables = (tmp_path / "both.md").read_text("utf-8")
    assert tables.count("Rates were not searched.") == 2 and "## sasrec" in tables and "## plain" in tables
    assert "dropout" not in tables.partition("## plain")[2] and "plain.width=4" in tables
    told = process("plan", *grid[:-2], "--preset", "both.toml", "--attacks", "bra", "--modes", "direct", "-v")
    assert told.code == 0, told.err
    assert told.out.count("attacks' rates of the preset both.toml were chosen with gru4rec, not with") == 2
    assert "plain on checkerboard: " in told.out and "train.lr=0.003" in told.out
    assert "schedules of the preset" not in told.out


def test_a_search_for_an_option_that_there_is_not(brief, size, rbench, monkeypatch):
    for search, needle in (
        ({"depth": (1,)}, "the search of model sasrec: unknown option of sasrec: 'depth'"),
        ({"finetune.rate": (1,)}, "the search of model sasrec: unknown option of finetune: 'rate'"),
        ({"train.lr": (-1.0,)}, "the search of model sasrec: train.lr=-1.0"),
        ({"bra.rate": (0.1,)}, "bra.rate is not of train, finetune, prompttune"),
    ):
        monkeypatch.setattr(SASRec, "search", search)
        done = rbench("tune", *size, "--attacks", "clean", "--out", "x.toml")
        assert done.code == 2 and needle in done.err and not done.out, done.err


def test_one_model_is_named_once(size, rbench):
    done = rbench("tune", *size, "--models", "sasrec,sasrec:n_layers=2")
    assert done.code == 2 and "name each once" in done.err


@pytest.mark.parametrize("words", [["--quick"], ["--seeds", "5"], ["--modes", "ft"], ["--defenses", "none"]])
def test_what_a_search_would_not_heed_is_refused(words, rbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = rbench("tune", "checkerboard", *words)
    assert done.code == 2 and words[0] in done.err and not any(tmp_path.iterdir())
    assert words[0] not in rbench("tune", "--help").out


def test_a_search_of_hours_does_not_begin_by_itself(rbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = rbench("tune", "--attacks", "bra")
    assert done.code == 2 and "name the data set" in done.err and not any(tmp_path.iterdir())


def test_an_attacks_options_stand_in_the_preset(brief, size, rbench, tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "RATES", (0.01,))
    options = [*size, "--store", tmp_path / "store", "--executor", "serial", "--display", "none"]
    brief_search = ["--schedule-seeds", 1, "--rate-seeds", 1, "--out", tmp_path / "found.toml"]
    done = rbench("tune", *options, "--attacks", "bra:similarity=any:redraw=false", *brief_search)
    assert done.code == 0, done.err
    assert read_toml(tmp_path / "found.toml")["bra"] == {"rate": 0.01, "similarity": "any", "redraw": False}
