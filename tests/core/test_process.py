"""What belongs to the process is as it was, whatever a method does to it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from rbench.core.process.state import ENVIRONMENT, capture, kept, restore, same

DEEDS: dict[str, Callable[[], object]] = {
    "the working directory": lambda: os.chdir("/"),
    "the environment": lambda: os.environ.update(RBENCH_TEST_STATE="1"),
    "the global random state of random": random.random,
    "the global random state of numpy": lambda: np.random.random(),
    "the global random state of torch": lambda: torch.rand(1),
    "numpy's handling of errors": lambda: np.seterr(all="ignore"),
    "torch's default dtype": lambda: torch.set_default_dtype(torch.float64),
    "torch's default device": lambda: torch.set_default_device("meta"),
    "torch's gradients": lambda: torch.set_grad_enabled(False),
    "torch's detection of anomalies": lambda: torch.autograd.set_detect_anomaly(True),
    "torch's deterministic algorithms": lambda: torch.use_deterministic_algorithms(True),
    "torch's precision of products": lambda: torch.set_float32_matmul_precision("medium"),
    "cuDNN's choices": lambda: torch.backends.cudnn.set_flags(_benchmark=True),
}


@pytest.fixture(autouse=True)
def _as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    before = capture()
    yield
    restore(before)


def test_every_part_is_tested() -> None:
    assert set(DEEDS) == set(capture())


@pytest.mark.parametrize("name", DEEDS)
def test_a_change_is_named_and_undone(name: str) -> None:
    before = capture()
    with kept() as changed:
        DEEDS[name]()
    assert name in changed and {*changed} <= {name, ENVIRONMENT}  # where torch keeps some choices too
    assert same(list(before.values()), list(capture().values()))


@pytest.mark.parametrize("name", DEEDS)
def test_a_change_is_undone_if_something_is_raised(name: str) -> None:
    before = capture()
    with pytest.raises(ZeroDivisionError), kept():
        DEEDS[name]()
        raise ZeroDivisionError
    assert same(list(before.values()), list(capture().values()))


@pytest.mark.parametrize("name", [name for name in DEEDS if name.startswith(("torch's", "cuDNN"))])
def test_what_was_there_before_does_not_reach_within_and_comes_back(name: str) -> None:
    usual = capture()
    DEEDS[name]()
    unusual = capture()
    assert not same(usual[name], unusual[name])
    with kept() as changed:
        if not name.startswith("cuDNN"):  # which has no default: a user may choose
            assert same(capture()[name], usual[name])
    assert changed == [] and same(capture()[name], unusual[name])


def test_what_is_excepted_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RBENCH_TEST_STATE", raising=False)
    with kept((ENVIRONMENT,)):
        DEEDS[ENVIRONMENT]()
        os.chdir("/")
    assert os.environ["RBENCH_TEST_STATE"] == "1" and os.getcwd() != "/"
