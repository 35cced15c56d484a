"""Training changes the layers that it is told to, by no bit the others, and refuses names of none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbench.core.interactions import Interactions
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.settings import Schedule
from rbench.models.sequential.training.fit import fit

Make = Callable[..., Transformer]


def small(transformer: Make, data: Interactions) -> Transformer:
    return transformer(data.n_items, std=0.02, max_length=16)


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_single_layers_may_learn(transformer: Make, board: Interactions, loss: Any) -> None:
    encoder, schedule = small(transformer, board), Schedule(loss=loss, lr=0.01, epochs=2, eval_every=1, batch_size=32)
    before = {name: value.numpy().copy() for name, value in encoder.state_dict().items()}
    fit(encoder, None, board, schedule, 1, learn=("item_embedding", "prompt"))
    after = {name: value.numpy() for name, value in encoder.state_dict().items()}
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {"item_embedding.weight"}


@pytest.mark.parametrize(
    ("learn", "told"),
    [
        (("items",), r"names 'items'; known: model, prompt, .*item_embedding"),
        (("model", "item_embedding.weight"), "names 'item_embedding.weight'"),
        ((), "leaves nothing to train"),
        (("prompt",), "leaves nothing to train"),
    ],
)
def test_what_cannot_learn_is_told(transformer: Make, board: Interactions, learn: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        fit(small(transformer, board), None, board, Schedule(), 1, learn=learn)
