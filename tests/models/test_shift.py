"""Scores after histories whose embedded items are moved, against models that were changed to the same effect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rbench import models
from rbench.testing import small_data

CAUSAL = ("sasrec", "gru4rec", "sasrecf", "narm", "lightsans")


def opened(name: str = "sasrec", prompts: bool = False) -> Any:
    cls: Any = models.registry.get(name)
    victim = small_data.victim(model=cls, config=cls.Config(max_length=24), epochs=1)
    data = small_data.partition().platform
    made, _ = victim.train(data, victim.schedules["train"], 1, prompt="fresh" if prompts else "none")
    return victim.open(made, data), data.drop_last(1)


@pytest.mark.parametrize("name", CAUSAL)
def test_moved_items_are_items_of_a_moved_table(name: str) -> None:
    """The table scores too: moved by v, it adds the product of state and v to all scores of a history."""
    model, data = opened(name)
    vector = np.random.default_rng(0).standard_normal(model.width).astype(np.float32)
    found = model.shifted_scores(data, torch.from_numpy(vector)[None]).numpy()[:, 1:]
    table = model.table
    table[1:] += vector
    moved = small_data.victim(model=models.registry.get(name), config=models.registry.get(name).Config(max_length=24))
    other = np.concatenate(list(moved.open(model.with_table(table), data).scores(data)))[:, 1:]
    apart = other - found
    np.testing.assert_allclose(apart - apart.mean(1, keepdims=True), 0, atol=1e-3)
    assert np.abs(apart.mean(1)).max() > 0.01


def test_soft_tokens_are_not_moved() -> None:
    """To SASRec, a vector in every position's embedding is the same as one in every item's."""
    model, data = opened(prompts=True)
    vector = torch.randn(1, model.width, generator=torch.Generator().manual_seed(0))
    found = model.shifted_scores(data, vector).numpy()
    with torch.no_grad():
        model.encoder.position_embedding.weight += vector
    np.testing.assert_allclose(found, np.concatenate(list(model.scores(data))), rtol=1e-4, atol=1e-4)


def test_each_user_has_a_vector() -> None:
    model, data = opened()
    vectors = torch.randn(data.n_users, model.width, generator=torch.Generator().manual_seed(0))
    found = model.shifted_scores(data, vectors)
    for user in (0, data.n_users - 1):
        alone = model.shifted_scores(data.take(np.array([user])), vectors[user : user + 1])
        np.testing.assert_allclose(found[user : user + 1], alone, rtol=1e-4, atol=1e-5)


def test_gradients_reach_the_vectors_and_no_weight() -> None:
    model, data = opened()
    vector = torch.zeros(1, model.width, requires_grad=True)
    direction = torch.randn(1, model.width, generator=torch.Generator().manual_seed(0))
    model.shifted_scores(data, vector)[:, 5].sum().backward()
    up, down = (model.shifted_scores(data, sign * 1e-3 * direction)[:, 5].sum() for sign in (1, -1))
    assert vector.grad is not None
    np.testing.assert_allclose(float((vector.grad * direction).sum()), float(up - down) / 2e-3, rtol=0.02)
    assert all(p.grad is None for p in model.encoder.parameters())


def test_without_a_vector_scores_are_as_they_are() -> None:
    model, data = opened(prompts=True)
    found = model.shifted_scores(data, torch.zeros(1, model.width)).numpy()
    np.testing.assert_array_equal(found, np.concatenate(list(model.scores(data))))
    assert not model.encoder.item_embedding._forward_hooks
