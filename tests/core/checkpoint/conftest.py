"""A check that a checkpoint is refused."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rbench.core.checkpoint.read import read_checkpoint
from rbench.core.errors import UserError

_spec = importlib.util.spec_from_file_location("rbench_checkpoints", Path(__file__).parent / "checkpoints.py")
assert _spec is not None and _spec.loader is not None
sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules[_spec.name])


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., None]:
    """Return a check that a file of some bytes is refused in a sentence with some words in it."""

    def check(content: bytes, *words: str) -> None:
        path = tmp_path / "model.pth"
        path.write_bytes(content)
        with pytest.raises(UserError) as error:
            read_checkpoint(path)
        said = str(error.value)
        assert said.endswith(".") and said.isprintable() and len(said) < 600
        assert [word for word in (str(path), *words) if word not in said] == [], said

    return check
