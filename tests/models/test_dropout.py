"""Dropout zeroes the share it says, keeps the mean, and draws from torch's state alone."""

from __future__ import annotations

import math

import pytest
import torch

from rbench.models.sequential.layers.dropout import dropout


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_share_and_scale(rate: float) -> None:
    values = torch.full((301, 333), 2.0)  # no multiple of four
    with torch.random.fork_rng():
        torch.manual_seed(0)
        dropped = dropout(values, rate, training=True)
    assert dropped.shape == values.shape
    kept = dropped != 0
    spread = math.sqrt(rate * (1 - rate) / values.numel())
    assert abs((~kept).float().mean().item() - rate) < 4 * spread
    torch.testing.assert_close(dropped[kept], torch.full((int(kept.sum()),), 2 / (1 - rate)), rtol=1e-3, atol=0)
    for dim in (0, 1):  # rows and columns fall alike: neighbours are independent
        assert (abs((~kept).float().mean(dim) - rate) < 6 * math.sqrt(rate * (1 - rate) / kept.shape[dim])).all()
    pairs = (kept[:, 1:] & kept[:, :-1]).float().mean().item()
    assert abs(pairs - (1 - rate) ** 2) < 0.01


def test_it_follows_torchs_state() -> None:
    values = torch.ones(50)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first, second = dropout(values, 0.5, True), dropout(values, 0.5, True)
        torch.manual_seed(0)
        assert torch.equal(dropout(values, 0.5, True), first) and not torch.equal(first, second)


@pytest.mark.parametrize(("rate", "training"), [(0.0, True), (0.5, False)])
def test_nothing_is_dropped_or_drawn(rate: float, training: bool) -> None:
    values, before = torch.ones(50), torch.get_rng_state()
    assert torch.equal(dropout(values, rate, training), values)
    assert torch.equal(torch.get_rng_state(), before)


def test_gradients_pass_where_values_do() -> None:
    values = torch.ones(64, requires_grad=True)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        dropped = dropout(values, 0.5, True)
    dropped.sum().backward()
    assert torch.equal(values.grad, dropped.detach())
    assert 0 < (dropped == 0).sum() < 64
