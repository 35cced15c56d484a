"""What orders a user's items differs from the network's scores by one number a user."""

from __future__ import annotations

import pytest
import torch

from rbench.models.federation.mlp import scoring
from rbench.models.federation.mlp.layers import layers
from rbench.models.federation.mlp.scoring import MLPScorer


@pytest.mark.parametrize("hidden", [(8,), (8, 8), (5, 4, 3)])
@pytest.mark.parametrize("pairs", [1, 50, 65536])
def test_differences_between_items_are_the_networks(plain, draw, monkeypatch, hidden, pairs) -> None:
    monkeypatch.setattr(scoring, "PAIRS", pairs)
    parameters, given = draw([1] * 7, n_items=20, hidden=hidden)
    items, found = torch.arange(21), torch.empty(5, 21, dtype=torch.float64)
    MLPScorer(parameters, given["users"]).fill(found, 2)
    expected = torch.stack([plain(parameters, user)(items).detach() for user in given["users"][2:]])
    torch.testing.assert_close(found - found[:, 1:2], expected - expected[:, 1:2], atol=1e-12, rtol=1e-10)


def test_items_of_which_nothing_passes_stay_tied(draw) -> None:
    """All hidden sums below zero: equal bit for bit, as behind a ReLU."""
    parameters, given = draw([1] * 3, n_items=9, dtype=torch.float32)
    weight, bias = layers(parameters.named())[0]
    bias.fill_(-1e6)
    found = torch.empty(3, 10)
    MLPScorer(parameters, given["users"]).fill(found, 0)
    assert (found == found[:, :1]).all() and weight.abs().max() < 10
