"""Which units are pruned and that they stay so, against slow loops and hand-made cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from rbench import models
from rbench.core.config import configure
from rbench.core.errors import UserError
from rbench.core.pretrained import Pretrained
from rbench.defenses import Deployed, registry
from rbench.defenses.pretrained.common.inspection import Inspection
from rbench.defenses.repairs.common.units import activity, feed_forward_blocks, without
from rbench.defenses.repairs.fine_pruning import least_active
from rbench.models.sasrec import SASRecConfig
from rbench.testing import small_data

Make = Callable[..., Deployed]
FIRST, SECOND = (f"trm_encoder.layer.0.feed_forward.dense_{n}" for n in (1, 2))
BLOCK = "trm_encoder.layer.0.feed_forward"


def repaired(handed: Deployed, **options: object) -> tuple[Pretrained, dict[str, Any]]:
    cls: Any = registry.get("fine-pruning")
    found: tuple[Pretrained, dict[str, Any]] = cls(configure(cls.Config, options, "fine-pruning")).repair(handed)
    return found


def test_the_models_with_feed_forward_blocks_are_those_that_are_named() -> None:
    data, having = small_data.partition().platform, set()
    for name in models.registry.names():
        cls: Any = models.registry.get(name)
        if (
            issubclass(cls, models.Model)
            and name != "recbole"
            and feed_forward_blocks(cls.build_for(cls.Config(), data))
        ):
            having.add(name)
    assert having == {"sasrec", "sasrecf", "fdsa", "bert4rec", "core", "lightsans"}


def test_activity_is_the_mean_over_positions_and_histories(platform: Make) -> None:
    """Against the input of the block, found by its residual: LayerNorm(inner + input) leaves it in no hook's way."""
    look = Inspection(platform())
    weights, inputs = look.model.pretrained.weights, []
    norm = look.model.encoder.get_submodule("trm_encoder.layer.0.multi_head_attention.LayerNorm")
    handle = norm.register_forward_hook(lambda module, given, found: inputs.append(found.numpy()[0]))
    expected = []
    for user in range(look.users.n_users):
        list(look.model.scores(look.users.take(np.array([user]))))
        hidden = inputs.pop()
        assert len(hidden) == min(look.users.lengths[user], 32)
        expected.append(np.maximum(hidden @ weights[f"{FIRST}.weight"].T + weights[f"{FIRST}.bias"], 0).mean(0))
    handle.remove()
    found = activity(look.model, look.users)
    assert list(found) == [BLOCK]
    np.testing.assert_allclose(found[BLOCK], np.mean(expected, 0), rtol=1e-3, atol=1e-5)
    assert not look.model.encoder.get_submodule(SECOND)._forward_pre_hooks


def test_the_least_active_units_of_each_block_are_pruned() -> None:
    active = {"a": np.array([0.3, 0.1, 0.2, 0.4]), "b": np.array([5.0, 9.0])}
    found = least_active(active, 0.5)
    assert found["a"].tolist() == [1, 2] and found["b"].tolist() == [0]
    assert [len(units) for units in least_active(active, 0.0).values()] == [0, 0]


def test_without_units_is_as_if_they_were_silent(platform: Make) -> None:
    look = Inspection(platform())
    units = np.array([0, 3, 30])
    made = look.model.with_weights(without(look.model, {BLOCK: units}))
    found = np.concatenate(list(platform().victim.open(made, look.users).scores(look.users)))

    def silence(module: Any, given: tuple[torch.Tensor]) -> torch.Tensor:
        silent = given[0].clone()
        silent[..., units] = 0
        return silent

    with look.model.encoder.get_submodule(SECOND).register_forward_pre_hook(silence):
        expected = np.concatenate(list(look.model.scores(look.users)))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert np.abs(found - np.concatenate(list(look.model.scores(look.users)))).max() > 1e-2
    changed = {
        name for name, value in made.weights.items() if not np.array_equal(value, look.model.pretrained.weights[name])
    }
    assert changed == {f"{FIRST}.weight", f"{FIRST}.bias", f"{SECOND}.weight"}


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_pruned_units_stay_pruned_in_fine_tuning(activation: Any, platform: Make) -> None:
    config = SASRecConfig(hidden_size=32, inner_size=32, max_length=32, hidden_act=activation, dropout=0.1)
    victim = small_data.victim(config=config, epochs=2, eval_every=2)
    data = small_data.partition().platform
    handed = replace(platform(), victim=victim, pretrained=victim.train(data, victim.schedules["train"], 1)[0])
    model, told = repaired(handed, speed=1, drop=1, step=0.25)
    assert told["pruned"] == 1 and told["steps"] > 0
    half, told = repaired(handed, speed=1, drop=1, step=0.5000001)
    assert told["pruned"] == 0.5000001
    for made, silent in ((model, 32), (half, 16)):
        zero = (made.weights[f"{FIRST}.weight"] == 0).all(1)
        assert zero.sum() == silent
        assert not made.weights[f"{FIRST}.bias"][zero].any() and not made.weights[f"{SECOND}.weight"][:, zero].any()
        assert made.weights[f"{SECOND}.bias"].any()


def test_pruning_ends_where_accuracy_falls(platform: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accuracy as a count of the units that are left: a fifth may be lost, so that six of 32 are pruned."""
    handed = platform()
    victim = type(handed.victim)

    def units_left(self: Any, model: Pretrained, data: Any) -> dict[str, float]:
        return {"NDCG@10": float((model.weights[f"{SECOND}.weight"] != 0).any(0).sum())}

    monkeypatch.setattr(victim, "accuracy", units_left)
    model, told = repaired(handed, drop=0.2, step=1 / 32)
    assert told["pruned"] == 6 / 32
    active = activity(Inspection(handed).model, Inspection(handed).users)[BLOCK]
    zero = np.flatnonzero((model.weights[f"{SECOND}.weight"] == 0).all(0))
    assert set(zero) == set(np.argsort(active)[:6])


def test_models_without_such_blocks_are_refused(platform: Make) -> None:
    cls: Any = models.registry.get("gru4rec")
    victim = small_data.victim(model=cls, config=cls.Config(max_length=16), epochs=1)
    data = small_data.partition().platform
    handed = replace(platform(), victim=victim, pretrained=victim.train(data, victim.schedules["train"], 1)[0])
    with pytest.raises(UserError, match="gru4rec has no feed-forward block"):
        repaired(handed)
