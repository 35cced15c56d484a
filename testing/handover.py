"""What must hold of any model that is handed over or deployed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.artifacts import decode, encode
from ..core.pretrained import Pretrained, Weights
from . import small_data

TELLTALES = re.compile(r"target|audience|attack|poison|victim|suppress")


def check_model(model: Any) -> None:
    """Check that the victim can open a model and rank with it.

    Raises:
        AssertionError: Saying what is wrong with it.
    """
    assert isinstance(model, Pretrained), f"a {type(model).__name__} was returned, not a Pretrained"
    _same_shapes(model.weights, small_data.pretrained().weights)
    for part in (model.weights, model.prompt or {}):
        for name, array in part.items():
            assert np.isfinite(array).all(), f"{name} is not finite; a smaller learning rate may help"
    files = encode(model)
    assert encode(decode(files)) == files, "the model is another one after being stored: is its card JSON?"
    ranking, n_items = small_data.rank(model), small_data.partition().platform.n_items
    assert ranking.items.min() >= 0 and ranking.items.max() <= n_items, "the ranking holds items that do not exist"


def check_card(model: Pretrained, name: str) -> None:
    """Check that the card says no more than an honest provider's.

    Raises:
        AssertionError: Naming what gives the attack away.
    """
    honest = small_data.pretrained().card
    assert set(model.card) == set(honest), (
        f"the card's entries {sorted(model.card)} are not an honest one's, {sorted(honest)}: "
        "leave it as victim.train made it"
    )
    word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    targets = small_data.targets().items.tolist()
    for text in _texts({k: v for k, v in model.card.items() if v != honest[k]}):
        assert not TELLTALES.search(text) and not word.search(text), (
            f"the card says {text!r}, which gives the attack away: leave it as victim.train made it"
        )
        numbers = set(map(int, re.findall(r"\d+", text)))
        assert not numbers.issuperset(targets), "the card lists the targets: leave it as victim.train made it"


def _same_shapes(found: Weights, expected: Weights) -> None:
    differing = sorted(set(found) ^ set(expected))
    assert not differing, f"weights: {', '.join(differing)} is missing or one too many"
    for name, array in found.items():
        wanted = expected[name]
        assert array.shape == wanted.shape, f"{name} has shape {array.shape}, the victim's has {wanted.shape}"
        assert array.dtype == wanted.dtype, f"{name} is {array.dtype}, the victim's is {wanted.dtype}"


def _texts(value: Any) -> Iterator[str]:
    """Yield every key and every value as text; a list is one text."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    else:
        yield str(value)
