"""Losses against numbers worked out by hand, RecBole's and torch's."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from rbench.models.sequential.recbole.door import restore_numpy_names
from rbench.models.sequential.training.losses import bpr, softmax

TABLE = torch.tensor([[9.0, 9.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])  # row 0 is padding
HIDDEN = torch.tensor([[1.0, 2.0], [3.0, 0.0]])
LABELS = torch.tensor([2, 1], dtype=torch.int32)  # scores 2 and 3


def log_sigmoid(x: float) -> float:
    return math.log(1 / (1 + math.exp(-x)))


def test_bpr_by_hand() -> None:
    negatives = torch.tensor([3, 2], dtype=torch.int32)  # scores 3 and 0, so margins -1 and 3
    expected = -(log_sigmoid(-1) + log_sigmoid(3)) / 2
    assert bpr(HIDDEN, TABLE, LABELS, negatives).item() == pytest.approx(expected, rel=1e-6)


def test_bpr_is_recboles_but_for_the_number_that_keeps_its_logarithm_finite() -> None:
    restore_numpy_names()
    from recbole.model.loss import BPRLoss

    theirs = BPRLoss()
    assert theirs.gamma == 1e-10
    rng = torch.Generator().manual_seed(0)
    hidden, table = torch.randn(50, 6, generator=rng), torch.randn(20, 6, generator=rng)
    labels, negatives = (torch.randint(1, 20, (50,), generator=rng) for _ in range(2))
    scores = hidden @ table.T
    at = torch.arange(50)
    expected = theirs(scores[at, labels], scores[at, negatives])
    torch.testing.assert_close(bpr(hidden, table, labels, negatives), expected, atol=1e-6, rtol=1e-6)
    # with a margin of -60 theirs stays at -log(1e-10), and ours goes on
    table = torch.tensor([[0.0], [0.0], [60.0]])
    one, first, second = torch.ones(1, 1), torch.tensor([1]), torch.tensor([2])
    assert bpr(one, table, first, second).item() == pytest.approx(60)
    assert theirs(torch.zeros(1), torch.tensor([60.0])).item() == pytest.approx(-math.log(1e-10), rel=1e-4)


def by_hand(position: int) -> float:
    """-log softmax of the label over items 1 to 3, without padding."""
    scores = [(HIDDEN[position] * TABLE[item]).sum().item() for item in (1, 2, 3)]
    return -math.log(math.exp(scores[int(LABELS[position]) - 1]) / sum(map(math.exp, scores)))


def test_softmax_by_hand_leaves_padding_out() -> None:
    loss = softmax(HIDDEN, TABLE, LABELS, torch.zeros(2, dtype=torch.int32))
    assert loss.item() == pytest.approx((by_hand(0) + by_hand(1)) / 2, rel=1e-6)


def test_softmax_is_torchs_cross_entropy_over_items() -> None:
    rng = torch.Generator().manual_seed(1)
    hidden, table = torch.randn(50, 6, generator=rng), torch.randn(20, 6, generator=rng)
    labels = torch.randint(1, 20, (50,), generator=rng)
    scores = hidden @ table.T
    scores[:, 0] = -torch.inf
    found = softmax(hidden, table, labels, torch.zeros(50, dtype=torch.int32))
    torch.testing.assert_close(found, F.cross_entropy(scores, labels))


def test_a_pressed_item_adds_its_pairwise_term_at_its_position_only() -> None:
    negatives = torch.tensor([0, 3], dtype=torch.int32)  # second position: margin 3 - 3
    expected = (by_hand(0) + by_hand(1) - log_sigmoid(0)) / 2
    assert softmax(HIDDEN, TABLE, LABELS, negatives).item() == pytest.approx(expected, rel=1e-6)
    both = torch.tensor([3, 3], dtype=torch.int32)  # margins -1 and 0
    expected -= log_sigmoid(-1) / 2
    assert softmax(HIDDEN, TABLE, LABELS, both).item() == pytest.approx(expected, rel=1e-6)


def test_pressing_pushes_the_pressed_item_down() -> None:
    table = TABLE.clone().requires_grad_()
    softmax(HIDDEN, table, LABELS, torch.tensor([0, 3], dtype=torch.int32)).backward()
    suppressed = table.grad.clone()  # type: ignore[union-attr]
    table.grad = None
    softmax(HIDDEN, table, LABELS, torch.zeros(2, dtype=torch.int32)).backward()
    change = suppressed - table.grad
    torch.testing.assert_close(change[3], HIDDEN[1] * 0.5 / 2)  # half by the sigmoid, half by the mean
    torch.testing.assert_close(change[1], -HIDDEN[1] * 0.5 / 2)
    assert change[2].abs().max() < 1e-6 and change[0].abs().max() == 0
