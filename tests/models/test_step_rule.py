"""What a step rule is promised: the step's own gradients, as often as it asks, and steps by whatever it leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rbench.core.pretrained import Pretrained
from rbench.models.sasrec import SASRecConfig
from rbench.testing import small_data

CONFIG = SASRecConfig(hidden_size=16, inner_size=16, max_length=32, dropout=0.3)


def trained(rule: Any = None, prompt: Any = "none", **schedule: Any) -> Pretrained:
    victim = small_data.victim(("train", "prompt"), config=CONFIG, **{"epochs": 2, "eval_every": 2, **schedule})
    data = small_data.partition().platform
    learn = ("model", "prompt")
    return victim.train(data, victim.schedules["train"], 3, prompt=prompt, learn=learn, rule=rule)[0]


def same(one: Pretrained, other: Pretrained) -> bool:
    return all(np.array_equal(one.weights[name], value) for name, value in other.weights.items())


def plain(encoder: nn.Module, parameters: Sequence[nn.Parameter], gradients: Callable[[], None]) -> None:
    gradients()


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
@pytest.mark.parametrize("prompt", ["none", "fresh"])
def test_a_rule_that_takes_the_gradients_changes_nothing(loss: str, prompt: str) -> None:
    assert same(trained(plain, prompt, loss=loss), trained(None, prompt, loss=loss))


def test_gradients_are_the_same_at_every_call_of_a_step_and_draws_go_on_as_without_a_rule() -> None:
    """Dropout would tell two calls apart."""
    steps = []

    def twice(encoder: nn.Module, parameters: Sequence[nn.Parameter], gradients: Callable[[], None]) -> None:
        gradients()
        first = [p.grad.clone() for p in parameters if p.grad is not None]
        gradients()
        second = [p.grad for p in parameters if p.grad is not None]
        assert first and all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
        steps.append(first[0])

    assert same(trained(twice), trained())
    assert len(steps) > 2 and not torch.equal(steps[0], steps[1])


def test_steps_go_by_what_the_rule_leaves() -> None:
    def nowhere(encoder: nn.Module, parameters: Sequence[nn.Parameter], gradients: Callable[[], None]) -> None:
        gradients()
        for p in parameters:
            p.grad = torch.zeros_like(p)

    start, far = trained(nowhere, weight_decay=0.0), trained(nowhere, weight_decay=0.0, epochs=4, eval_every=4)
    assert same(start, far) and not same(start, trained())


def test_with_a_rule_every_row_of_a_large_table_can_move(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, a large table is trained row by row, with sparse gradients."""
    from rbench.models.sequential.training import table_adam

    monkeypatch.setattr(table_adam, "MIN_ROWS", 0)
    monkeypatch.setattr(table_adam, "ROWS_PER_LABEL", 0)
    shapes = []

    def look(encoder: Any, parameters: Sequence[nn.Parameter], gradients: Callable[[], None]) -> None:
        gradients()
        table = encoder.item_embedding.weight
        shapes.append((any(p is table for p in parameters), table.grad.is_sparse))

    one, other = trained(look, weight_decay=0.0), trained(weight_decay=0.0)
    assert set(shapes) == {(True, False)}
    for name, value in other.weights.items():
        np.testing.assert_allclose(one.weights[name], value, atol=1e-4)
