"""A sound hand-over folder, to be spoilt at will."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbench.core.errors import UserError
from rbench.core.handover.folder import read, write
from rbench.core.pretrained import Pretrained

ITEMS = ("a", "ç", "<b>bold</b>", "戦争")
TABLE = "item_embedding.weight"


def _model(**weights: Any) -> Pretrained:
    rng = np.random.default_rng(0)
    own = {TABLE: rng.random((5, 2), np.float32), "a.bias": np.asfortranarray(rng.random((3, 2), np.float32))}
    card = {"model": "sasrec", "config": {"n_layers": 1, "act": "relu"}, "n_items": 4, "validation": {"HR@10": 0.5}}
    return Pretrained(own | weights, {"mlp.weight": rng.random((2, 2), np.float32)}, card)


@pytest.fixture
def model() -> Callable[..., Pretrained]:
    """Return a maker of a small model over four items, with further weights or others of the same names."""
    return _model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a hand-over folder alone in its parent."""
    write(tmp_path / "own" / "model", _model(), ITEMS)
    return tmp_path / "own" / "model"


@pytest.fixture
def refused() -> Callable[..., None]:
    """Return a check that a folder is refused in a sentence with some words in it."""
    return _refused


def _refused(folder: Path, *words: str) -> None:
    with pytest.raises(UserError) as error:
        read(folder)
    said = str(error.value)
    assert said.endswith((".", "?")) and said.isprintable() and len(said) < 600
    assert [word for word in (str(folder), *words) if word not in said] == [], said
