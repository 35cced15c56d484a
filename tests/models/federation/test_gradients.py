"""Sparse uploads are what they would be if written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.models.federation import columns, gradients
from rbench.models.federation.columns import by_coordinate
from rbench.models.federation.gradients import ClientGradients


def written_out(given: ClientGradients) -> np.ndarray:
    """Return ``[clients, coordinates]``, item rows before all else."""
    each = [given.of(k) for k in range(len(given))]
    return np.stack([np.concatenate([g.items.numpy().ravel(), g.others.numpy()]) for g in each])


def flat(gradient) -> np.ndarray:
    return np.concatenate([gradient.items.numpy().ravel(), gradient.others.numpy()])


@pytest.fixture(params=[4, 1 << 24], ids=["in parts", "at once"])
def uploads(request, random_uploads, monkeypatch) -> ClientGradients:
    for module in (gradients, columns):
        monkeypatch.setattr(module, "CELLS", request.param)
    return random_uploads(7)


def test_sums_norms_and_distances(uploads) -> None:
    dense = written_out(uploads)
    weights = np.random.default_rng(1).random(7)
    assert flat(uploads.total()) == pytest.approx(dense.sum(0), abs=1e-12)
    assert flat(uploads.weighted(torch.from_numpy(weights))) == pytest.approx(weights @ dense, abs=1e-12)
    assert uploads.squared_norms().numpy() == pytest.approx((dense**2).sum(1))
    apart = ((dense[:, None] - dense[None]) ** 2).sum(2)
    assert uploads.squared_distances().numpy() == pytest.approx(apart, abs=1e-12)


def test_clients_who_upload_the_same_are_no_distance_apart(uploads) -> None:
    """In single precision, products of long gradients would cancel to anything."""
    long = ClientGradients(6, uploads.clients, uploads.items, uploads.rows.float() * 1e4, uploads.others.float() * 1e4)
    twice = ClientGradients.concatenate([long, long])
    distances = twice.squared_distances()
    assert float(distances.diagonal(7).max()) < 1e-6 * float(distances[0, 1])


def test_joining_and_reordering(uploads, random_uploads) -> None:
    other = random_uploads(3, seed=5)
    joined = ClientGradients.concatenate([uploads, other])
    dense = np.concatenate([written_out(uploads), written_out(other)])
    order = np.random.default_rng(0).permutation(10)
    assert (written_out(joined) == dense).all()
    assert (written_out(joined.reorder(torch.from_numpy(order))) == dense[order]).all()


def test_statistics_by_coordinate(uploads) -> None:
    largest = by_coordinate(uploads, 1, lambda ascending: ascending[..., -1])
    assert flat(largest) == pytest.approx(written_out(uploads).max(0))
    few = by_coordinate(uploads, 4, lambda ascending: ascending[..., -1])
    listed = np.bincount(uploads.items.numpy(), minlength=7)
    assert ((few.items.numpy() != 0).any(1) == (listed >= 4)).all()


@given(st.integers(1, 9), st.integers(0, 2**20), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_distances_are_a_metric(n, seed, density) -> None:
    rng = np.random.default_rng(seed)
    clients, items = np.nonzero(rng.random((n, 5)) < density)
    rows, others = rng.normal(size=(len(items), 2)), rng.normal(size=(n, 3))
    distances = (
        ClientGradients(5, *map(torch.from_numpy, (clients, items + 1, rows, others))).squared_distances().sqrt()
    )
    assert torch.equal(distances, distances.T) and not distances.diagonal().any()
    assert bool((distances[:, :, None] + distances[None] >= distances[:, None] - 1e-9).all())
