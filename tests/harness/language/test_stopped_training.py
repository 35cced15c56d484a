"""A long training that is stopped goes on from what it kept, and leaves nothing behind when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FILE = '''
from dataclasses import dataclass, replace

import numpy as np

from rbench.core.system.unfinished import NOWHERE, Unfinished
from rbench.models import register
from rbench.models.text import TextModel, TextWeights
from rbench.models.text.common.config import TextConfig


@dataclass(frozen=True)
class Counting:
    unfinished: Unfinished = NOWHERE

    def resuming(self, unfinished):
        return replace(self, unfinished=unfinished)

    def train(self, lists, seed, start=None, epochs=None, lr=None, report=lambda fraction: None):
        """Counts to three, one a run: a power failure ends the first two."""
        steps = len(self.unfinished.read()) + 1
        self.unfinished.write(b"." * steps)
        if steps < 3:
            raise RuntimeError(f"the power failed after step {steps}")
        return TextWeights({"steps": np.array([steps], np.float32)}, ""), {"steps": steps}

    def open(self, trained):
        return self

    def scores(self, lists):
        return np.where(lists.candidates > 0, 0, -np.inf).astype(np.float32)


@register
class Slow(TextModel[TextConfig]):
    name, task, paper = "slow", "choose", "none"

    @classmethod
    def victim(cls, config, embeddings, device):
        return Counting()
'''


def test_it_goes_on_where_it_was_stopped(process: Any, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(FILE)
    words = ["run", "--plugin", "slow.py", "--models", "slow", "--attacks", "clean", "--datasets", "checkerboard"]
    words += ["--set", "checkerboard.users=60", "--defenses", "none", "--seeds", 1, "--executor", "serial"]
    for step in (1, 2):
        done = process(*words, "--out", "out")
        assert done.code == 1 and f"the power failed after step {step}" in done.out + done.err
        assert [path.read_bytes()[32:] for path in tmp_path.glob("store/*/unfinished.bin")] == [b"." * step]
        assert not process("report", "out", "--check").code
    assert process(*words, "--out", "out").code == 0
    assert not [*tmp_path.glob("store/*/unfinished.bin")] and len([*tmp_path.glob("store/language.train*")]) == 1
