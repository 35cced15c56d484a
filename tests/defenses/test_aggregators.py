"""Aggregators agree with their definitions, worked by hand and written out densely."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench import defenses
from rbench.core.config import configure
from rbench.core.errors import UserError
from rbench.defenses import Server
from rbench.models.federation.gradients import ClientGradients

SERVER = Server(np.random.default_rng(0))


def rule(name: str, **options: object) -> Any:
    """Make a rule that takes rows over all clients, as published records do, unless the options say otherwise."""
    cls = defenses.registry.get(name)
    return cls(configure(cls.Config, {"rows": "all"} | options, name))


def uploads(dense: Any) -> ClientGradients:
    """Make uploads of one item of width 1 for each column but the last two, which are all else."""
    dense = np.asarray(dense, float)
    clients, items = np.nonzero(dense[:, :-2])
    parts = clients, items + 1, dense[clients, items][:, None], dense[:, -2:]
    return ClientGradients(dense.shape[1] - 2, *map(torch.from_numpy, parts))


def apply(name: str, dense: Any, **options: object) -> np.ndarray:
    found = rule(name, **options).aggregate(uploads(dense), SERVER)
    assert not found.items[0].any()
    return np.concatenate([found.items[1:, 0].numpy(), found.others.numpy()])


def krum_by_definition(dense: np.ndarray, f: int) -> np.ndarray:
    """Scores, client by client."""
    n = len(dense)
    apart = ((dense[:, None] - dense[None]) ** 2).sum(2)
    return np.array([np.sort(np.delete(apart[i], i))[: n - f - 2].sum() for i in range(n)])


def test_the_median_by_hand() -> None:
    dense = [[1, 0, 0, 3, 9], [2, 0, 0, 1, 9], [9, 5, 0, 2, 9]]
    assert apply("median", dense).tolist() == [6, 0, 0, 6, 27]
    assert apply("median", [*dense, [0, 7, 0, 5, 9]]).tolist() == [6, 10, 0, 10, 36]


def test_the_trimmed_mean_by_hand() -> None:
    dense = [[1, 0, 0, 3, 9], [2, 0, 0, 1, 9], [9, 5, 0, 2, 9], [3, 6, 0, 100, 9]]
    assert apply("trimmed-mean", dense, trim=0.25).tolist() == [10, 10, 0, 10, 36]
    assert apply("trimmed-mean", dense, trim=0).tolist() == [15, 11, 0, 106, 36]


def test_norm_bounding_by_hand() -> None:
    dense = [[3, 0, 0, 4, 0], [0, 0.6, 0, 0.8, 0], [0, 0, 0, 0, 0]]
    assert apply("norm-bound", dense, bound=2) == pytest.approx([1.2, 0.6, 0, 2.4, 0])
    assert apply("norm-bound", dense) == pytest.approx([0.6, 0.6, 0, 1.6, 0])  # the median norm is 1


def test_krum_by_hand() -> None:
    """Clients on a line; with f = 1, two neighbours count: scores 7.25, 3.25, 2.5, 4.25 and 15,225.25."""
    dense = [[0, 0, x] for x in (0, 1, 2.5, 3, 90)]
    assert apply("krum", dense, byzantine=0.2).tolist() == [0, 0, 12.5]
    assert apply("multi-krum", dense, byzantine=0.2, selected=0.4).tolist() == [0, 0, 2.5 * (1 + 2.5)]
    assert apply("multi-krum", dense, byzantine=0.2).tolist() == [0, 0, pytest.approx(5 / 4 * 6.5)]


@given(st.integers(1, 12), st.integers(0, 2**20), st.floats(0, 0.49), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_against_dense_definitions(n, seed, share, density) -> None:
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(n, 8)) * (rng.random((n, 8)) < density)
    assert apply("median", dense) == pytest.approx(n * np.median(dense, axis=0), abs=1e-12)
    cut = int(share * n + 1e-9)
    kept = np.sort(dense, axis=0)[cut : n - cut]
    assert apply("trimmed-mean", dense, trim=share) == pytest.approx(n * kept.mean(0), abs=1e-12)
    norms = np.linalg.norm(dense, axis=1)
    for bound in (0.0, 0.7):
        largest = bound or np.median(norms)
        scale = np.minimum(1, largest / np.maximum(norms, 1e-30))
        assert apply("norm-bound", dense, bound=bound) == pytest.approx(scale @ dense, abs=1e-9)
    if n > 2 * cut + 2:
        best = krum_by_definition(dense, cut)
        order = np.argsort(best, kind="stable")
        if len({*best.round(9)}) == n:
            assert apply("krum", dense, byzantine=share) == pytest.approx(n * dense[order[0]], abs=1e-12)
            mean = dense[order[: n - cut]].mean(0)
            assert apply("multi-krum", dense, byzantine=share) == pytest.approx(n * mean, abs=1e-9)


@pytest.mark.parametrize("name", ["krum", "multi-krum"])
def test_too_few_clients(name) -> None:
    for n, f in ((2, 0), (4, 1)):
        with pytest.raises(UserError, match=rf"{name}\.byzantine=0\.25 .* {f} of a round's {n} clients"):
            apply(name, np.ones((n, 3)), byzantine=0.25)


@pytest.mark.parametrize("name", ["median", "trimmed-mean", "krum", "multi-krum"])
def test_one_loud_client_is_not_heard(name) -> None:
    rng = np.random.default_rng(0)
    dense = rng.normal(1, 0.1, (20, 6))
    dense[3] = 1e6
    assert np.abs(apply(name, dense) / 20 - 1).max() < 0.5


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("krum", {"byzantine": 0.5}),
        ("multi-krum", {"selected": 1.5}),
        ("trimmed-mean", {"trim": 0.5}),
        ("norm-bound", {"bound": -1}),
    ],
)
def test_options_that_mean_nothing(name, options) -> None:
    with pytest.raises(UserError, match=f"^{name}.{next(iter(options))}="):
        rule(name, **options)
