"""Cross-entropy in pieces is torch's over all scores at once, and so are its gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from rbench.models.sequential.training import cross_entropy as engine
from rbench.models.sequential.training.cross_entropy import cross_entropy


def case(positions: int, items: int, scale: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    draw = torch.Generator().manual_seed(positions)
    hidden, table = (torch.randn(n, 8, generator=draw) * scale for n in (positions, items))
    return hidden, table, torch.randint(items, (positions,), generator=draw, dtype=torch.int32)


def both(hidden: Tensor, table: Tensor, labels: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Loss and gradients, ours and torch's in double precision, of three times the loss."""
    sides = []
    for dtype in (torch.float32, torch.float64):
        inputs = [a.to(dtype).requires_grad_() for a in (hidden, table)]
        if dtype == torch.float32:
            loss = cross_entropy(*inputs, labels)
        else:
            loss = F.cross_entropy(inputs[0] @ inputs[1].T, labels.long(), reduction="sum")
        sides.append([loss, *torch.autograd.grad(3 * loss, inputs)])
    return sides[0], sides[1]


@pytest.mark.parametrize("positions", [1, 10, 11, 35])  # pieces of ten: less than one, whole ones, a rest
def test_loss_and_gradients_are_torchs(monkeypatch: pytest.MonkeyPatch, positions: int) -> None:
    monkeypatch.setattr(engine, "ROWS", 10)
    for mine, theirs in zip(*both(*case(positions, items=23)), strict=True):
        torch.testing.assert_close(mine.double(), theirs, rtol=1e-5, atol=1e-5)


def test_a_label_of_no_probability_has_a_finite_loss() -> None:
    hidden, table, _ = case(20, items=9, scale=30.0)
    labels = (hidden @ table.T).argmin(1)
    mine, theirs = both(hidden, table, labels)
    assert theirs[0] > 20 * 100, "then a probability is 0 in single precision"
    for one, other in zip(mine, theirs, strict=True):
        torch.testing.assert_close(one.double(), other, rtol=1e-5, atol=1e-3)


def test_what_needs_no_gradient_gets_none() -> None:
    for learns in (0, 1):
        *inputs, labels = case(12, items=5)
        inputs[learns].requires_grad_()
        cross_entropy(*inputs, labels).backward()
        assert inputs[learns].grad is not None and inputs[1 - learns].grad is None


def test_what_is_not_finite_shows() -> None:
    hidden, table, labels = case(12, items=5)
    hidden[3, 2] = torch.nan
    assert cross_entropy(hidden, table, labels).isnan()
