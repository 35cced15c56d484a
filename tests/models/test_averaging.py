"""The average of the weights is what its definition says, and training goes its way as without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.optimizer import register_optimizer_step_post_hook

from rbench.core.interactions import Interactions
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.prompts import PromptGenerator, attribute_sizes
from rbench.models.sequential.ranking import rank
from rbench.models.sequential.settings import PromptConfig, Schedule
from rbench.models.sequential.training.averaging import Average
from rbench.models.sequential.training.fit import fit, validation_split

Make = Callable[..., Transformer]
FAST = Schedule(loss="softmax", lr=0.01, epochs=4, patience=99, eval_every=1, batch_size=64, average=0.25)


@contextmanager
def recorded(*networks: torch.nn.Module) -> Iterator[list[list[np.ndarray]]]:
    """Record all parameters after every step of any optimizer."""
    steps: list[list[np.ndarray]] = []
    parameters = [p for network in networks for p in network.parameters()]

    def look(*_: Any) -> None:
        steps.append([p.detach().double().numpy().copy() for p in parameters])

    handle = register_optimizer_step_post_hook(look)
    try:
        yield steps
    finally:
        handle.remove()


def averaged(steps: list[Any], share: float) -> Any:
    """The definition, in Shamir and Zhang's terms: with η = 1 / share - 1, step t counts (η + 1) / (t + η)."""
    eta, mean = 1 / share - 1, steps[0]
    for t, value in enumerate(steps[1:], 2):
        part = (eta + 1) / (t + eta)
        mean = (1 - part) * mean + part * value
    return mean


@given(st.lists(st.floats(-10, 10, width=32), min_size=1, max_size=60), st.sampled_from([0.01, 0.1, 0.5, 1.0]))
def test_it_is_polynomial_decay_averaging(values: list[float], share: float) -> None:
    parameter = torch.zeros(1)
    average = Average([parameter], share)
    for value in values:
        parameter.fill_(value)
        average.update()
    with average.used():
        assert parameter.item() == pytest.approx(averaged(values, share), abs=1e-4)
    assert parameter.item() == pytest.approx(values[-1])


def test_a_share_of_one_is_the_mean_and_a_tenth_forgets_the_beginning() -> None:
    for share, kept in ((1.0, 500.5), (0.1, 909.2)):  # 909.2: the mean of 1 to 1,000, weighted by about t^9
        parameter = torch.zeros(1)
        average = Average([parameter], share)
        for step in range(1, 1001):
            parameter.fill_(step)
            average.update()
        average.use()
        assert parameter.item() == pytest.approx(kept, abs=0.1)


def test_what_was_there_comes_back_whatever_happens() -> None:
    parameter = torch.tensor([1.0])
    average = Average([parameter], 0.5)
    parameter.fill_(3.0)
    with pytest.raises(RuntimeError), average.used():
        assert parameter.item() == 1.0  # before the first step
        raise RuntimeError
    assert parameter.item() == 3.0


@pytest.mark.parametrize("select_on", ["clean", "last"])
def test_training_keeps_the_average_and_is_otherwise_the_same(
    transformer: Make, board: Interactions, select_on: Any
) -> None:
    def train(schedule: Schedule) -> tuple[list[list[np.ndarray]], Transformer, PromptGenerator, dict[str, Any]]:
        encoder = transformer(board.n_items, std=0.02, max_length=16)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            prompts = PromptGenerator(attribute_sizes(board), PromptConfig(), 8, 1)
        with recorded(encoder, prompts) as steps:
            log = fit(encoder, prompts, board, schedule, 3, learn=("model", "prompt"), select_on=select_on)
        return steps, encoder, prompts, log

    steps, encoder, prompts, log = train(FAST)
    plain, *_ = train(replace(FAST, average=0.0))
    for one, other in zip(steps, plain, strict=True):
        assert all(map(np.array_equal, one, other))
    each = len(steps) // FAST.epochs
    assert each > 1
    kept = steps[: log["kept_epoch"] * each]
    parameters = [p for network in (encoder, prompts) for p in network.parameters()]
    for i, parameter in enumerate(parameters):
        wanted = averaged([step[i] for step in kept], FAST.average)
        np.testing.assert_allclose(parameter.detach().numpy(), wanted, atol=1e-6)
    if select_on == "clean":
        _, history, truth = validation_split(board)
        ranks = rank(encoder, prompts, history, truth, 1).held_out_rank
        score = np.where(ranks <= 10, 1 / np.log2(ranks + 1), 0).mean()
        assert score == pytest.approx(max(value for _, value in log["validation"])), "the average is judged"


def test_what_is_reported_is_what_is_judged(transformer: Make, board: Interactions) -> None:
    encoder = transformer(board.n_items, std=0.02, max_length=16)
    seen = []
    with recorded(encoder) as steps:
        fit(encoder, None, board, FAST, 3, report=lambda _: seen.append(encoder.LayerNorm.bias.detach().numpy().copy()))
    place = [name for name, _ in encoder.named_parameters()].index("LayerNorm.bias")
    each = len(steps) // FAST.epochs
    for epoch, bias in enumerate(seen, 1):
        wanted = averaged([step[place] for step in steps[: epoch * each]], FAST.average)
        np.testing.assert_allclose(bias, wanted, atol=1e-6)
    assert len(seen) == FAST.epochs
