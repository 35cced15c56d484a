"""Ranks agree with sorting, ties included."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.models.federation.evaluation import ranks
from rbench.models.federation.evaluation.ranks import ranks_within


@given(st.integers(1, 12), st.integers(1, 15), st.integers(1, 6), st.integers(0, 2**20))
@settings(max_examples=150, deadline=None)
def test_against_sorting(n, longest, values, seed) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, values, (4, n + 1)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.2] = -np.inf
    scores[:, 0] = -np.inf
    rows, items = np.nonzero(scores > -np.inf)
    found = ranks_within(torch.from_numpy(scores), longest, torch.from_numpy(rows), torch.from_numpy(items)).numpy()
    order = np.argsort(-scores, axis=1, kind="stable")
    expected = np.array([np.flatnonzero(order[r] == i)[0] for r, i in zip(rows, items, strict=True)], int)
    inside = expected < longest
    assert (found[inside] == expected[inside]).all() and (found[~inside] >= longest).all()


@pytest.mark.parametrize("cells", [1, 1 << 22])
def test_a_dead_network(monkeypatch, cells) -> None:
    monkeypatch.setattr(ranks, "CELLS", cells)
    items = torch.arange(1, 40)
    scores = torch.zeros(2, 40)
    scores[:, 0] = -torch.inf
    assert torch.equal(ranks_within(scores, 5, torch.ones_like(items), items), items - 1)
