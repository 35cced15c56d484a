"""RecBole's code runs nothing that options, cards or the command line say, and leaves the process as it was."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rbench.core.config import configure
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.models.gru4rec import GRU4Rec, GRU4RecConfig
from rbench.models.sequential.recbole import door
from rbench.models.sequential.recbole.dataset import Items
from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
from rbench.models.sequential.victim import Victim

SMALL = GRU4RecConfig(embedding_size=8, hidden_size=8, max_length=9)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def code(canary: Path) -> str:
    """Return what RecBole would evaluate: it writes the canary and gives 7."""
    return f"__import__('pathlib').Path({str(canary)!r}).write_text('written')"


def test_the_code_of_these_tests_works(canary: Path, code: str) -> None:
    """RecBole itself, called without the door's care, writes the canary: so its absence below says something."""
    with door.undisturbed():
        from recbole.config import Config

        Config(model=door.model_class("GRU4Rec"), dataset="rbench", config_dict={**door.NO_STRINGS, "note": code})
    assert canary.read_text("utf-8") == "written"


def test_an_option_that_is_code_stays_text(canary: Path, code: str) -> None:
    config = door.settings(door.model_class("GRU4Rec"), {"hidden_size": code}, 9)
    assert config["hidden_size"] == code
    with pytest.raises(TypeError):
        door.build(door.model_class("GRU4Rec"), config, Items(5))
    with pytest.raises(ValueError, match="has no option"):
        door.settings(door.model_class("GRU4Rec"), {code: 1}, 9)
    with pytest.raises(UserError, match="is not the name of a model"):
        door.model_class(code)
    with pytest.raises(UserError, match="could not be imported"):
        door.model_class("NoSuchModel")
    with pytest.raises(UserError, match="is not a whole number"):
        configure(GRU4RecConfig, {"hidden_size": code}, "gru4rec")
    assert not canary.exists()


def test_the_command_line_is_not_read(monkeypatch: pytest.MonkeyPatch, canary: Path, code: str) -> None:
    argv = ["rbench", "run", f"--out={code}", "--hidden_size=7", "--a=1/0"]
    monkeypatch.setattr(sys, "argv", argv)
    network = GRU4Rec.build(SMALL, 5)
    assert not canary.exists() and sys.argv is argv
    assert network.state_dict()["dense.weight"].shape == (8, 8)


def test_a_card_is_not_read(board: Interactions, canary: Path, code: str) -> None:
    schedule = Schedule(epochs=1)
    victim = Victim(GRU4Rec, SMALL, {"train": schedule}, PromptConfig(), RankConfig())
    model, _ = victim.train(board, schedule, 1)
    assert model.card["config"]["hidden_size"] == 8
    hostile = replace(model, card={**model.card, "config": {"hidden_size": code}, "model": code})
    assert np.array_equal(victim.rank(hostile, board).items, victim.rank(model, board).items)
    assert not canary.exists()


def state() -> dict[str, Any]:
    numpy = np.random.get_state(legacy=False)
    return {
        "argv": sys.argv,
        "streams": (sys.stdout, sys.stderr),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "random": random.getstate(),
        "numpy": (numpy["state"]["key"].tolist(), numpy["state"]["pos"]),  # type: ignore[call-overload,index]
        "torch": torch.get_rng_state().tolist(),
        "anomalies": (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()),
        "logging": (logging.root.level, list(logging.root.handlers), logging.root.manager.disable),
    }


def disturb(folder: Path) -> None:
    sys.argv = ["other"]
    sys.stderr = sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    os.environ |= {"CUDA_VISIBLE_DEVICES": "0", "OTHER": "1"}
    del os.environ["KEPT"]
    os.chdir(folder)
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    torch.autograd.set_detect_anomaly(True, check_nan=False)
    logging.basicConfig(level="ERROR", force=True)
    logging.disable(logging.ERROR)


@pytest.mark.parametrize("fails", [False, True])
def test_everything_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    before = state()
    try:
        with door.undisturbed():
            disturb(tmp_path)
            if fails:
                raise RuntimeError
    except RuntimeError:
        assert fails
    assert state() == before


def test_what_is_printed_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with door.undisturbed():
        print("from RecBole")
    assert capsys.readouterr() == ("", "from RecBole\n")


WATCH = """
import os, random, sys
import numpy as np, torch
random.seed(0), np.random.seed(0)
from rbench.models.gru4rec import GRU4Rec, GRU4RecConfig
before = random.getstate(), np.random.get_state()[1].tolist(), dict(os.environ), sys.argv[:]
torch.manual_seed(0)
one = GRU4Rec.build(GRU4RecConfig(), 9)
assert "sine" in " ".join(sys.modules), "RecBole no longer imports what turns anomaly detection on"
assert before == (random.getstate(), np.random.get_state()[1].tolist(), dict(os.environ), sys.argv)
assert not torch.is_anomaly_enabled()
after = torch.get_rng_state()
torch.manual_seed(0)
two = GRU4Rec.build(GRU4RecConfig(), 9)
assert torch.equal(one.dense.weight, two.dense.weight) and torch.equal(after, torch.get_rng_state())
torch.manual_seed(0)
assert not torch.equal(after, torch.get_rng_state()), "the weights are not drawn from torch's random state"
"""


def test_a_process_that_builds_a_model_is_left_as_it_was(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WATCH, "--hidden_size=7"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=without_gpu())
    assert (done.returncode, done.stdout) == (0, ""), done.stderr[-1000:]
    assert list(tmp_path.iterdir()) == []


def without_gpu() -> dict[str, str]:
    """Return this process's environment; RecBole would add CUDA_VISIBLE_DEVICES."""
    return {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
