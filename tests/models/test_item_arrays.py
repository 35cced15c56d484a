"""Which arrays have a row an item is found by building a network for two numbers of items."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rbench import models
from rbench.models import Model
from rbench.models.sequential.item_arrays import item_arrays

VICTIMS = [
    name for name in models.registry.names() if issubclass(models.registry.get(name), Model) and name != "recbole"
]
MORE = {
    "bert4rec": {"output_bias"},
    "repeatnet": {"explore_recommendation_decoder.matrix_for_explore.weight"},
}
"""Beside the item table."""


@pytest.mark.parametrize("name", VICTIMS)
def test_the_arrays_with_a_row_an_item(name: str) -> None:
    cls = models.registry.get(name)
    assert issubclass(cls, Model)
    config = cls.Config()
    before = torch.get_rng_state()
    found = item_arrays(cls, config)
    assert found == {"item_embedding.weight"} | MORE.get(name, set())
    assert torch.equal(before, torch.get_rng_state())
    categories = [np.arange(53, dtype=np.int32) % 3] if cls.needs_categories else []
    state = cls.build(config, 52, *categories).state_dict()
    for array, value in state.items():
        assert value.shape[0] == 53 if array in found else True
