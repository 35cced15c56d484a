"""Whom a server distrusts, and how right it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from rbench import defenses
from rbench.core.config import configure
from rbench.defenses import Server
from rbench.models.federation.gradients import ClientGradients
from rbench.models.federation.suspicion import Judged, Suspicion, judge


def test_flags_are_far_above_the_median() -> None:
    """Median 3, median distance 1: 3 + 3.5 × 1.4826 is 8.19."""
    scores = np.array([1.0, 2, 3, 4, 8.1, 3, 8.3])
    assert np.median(np.abs(scores - 3)) == 1
    assert Suspicion.of(scores).flagged.tolist() == [False] * 6 + [True]
    assert not Suspicion.of(np.ones(4)).flagged.any()
    most_alike = np.array([*np.ones(9), 9.0])  # the mean distance is 0.8, and 1 + 3.5 × 1.2533 × 0.8 is 4.5
    assert Suspicion.of(most_alike).flagged.tolist() == [False] * 9 + [True]


@given(st.integers(0, 2**20), st.integers(1, 4))
def test_against_scikit_learn(seed, n) -> None:
    rng = np.random.default_rng(seed)
    rounds = []
    for size in rng.integers(2, 12, n):
        scores, flagged = rng.integers(0, 5, size).astype(float), rng.random(size) < 0.4
        rounds.append(Judged(Suspicion(scores, flagged), np.arange(size) < rng.integers(0, 2)))
    found = judge(rounds)
    truth = np.concatenate([r.malicious for r in rounds])
    flags = np.concatenate([r.suspicion.flagged for r in rounds])
    if truth.any() and flags.any():
        expected = precision_recall_fscore_support(truth, flags, average="binary", zero_division=0.0)[:3]
        assert (found["precision"], found["recall"], found["F1"]) == pytest.approx(expected)
    each = [average_precision_score(r.malicious, r.suspicion.scores) for r in rounds if r.malicious.any()]
    assert found["average precision"] == (pytest.approx(np.mean(each)) if each else None)
    assert found["false alarms"] == pytest.approx(flags[~truth].mean())


def test_without_malicious_clients_only_false_alarms_can_be_told() -> None:
    found = judge([Judged(Suspicion(np.arange(4.0), np.array([False, False, True, True])), np.zeros(4, bool))])
    assert found == {"precision": 0.0, "recall": None, "F1": None, "false alarms": 0.5, "average precision": None}


@pytest.mark.parametrize("name", ["norm-bound", "multi-krum", "centered-clipping"])
def test_a_loud_client_is_distrusted(random_uploads, name) -> None:
    given = random_uploads(20, seed=3, density=1.0)
    loud = given.clients == 7
    given.rows[loud] *= 50
    given.others[7] *= 50
    cls, server = defenses.registry.get(name), Server(np.random.default_rng(0))
    cls(configure(cls.Config, {}, name)).aggregate(given, server)
    [told] = server.told
    assert told.scores.argmax() == 7 and told.flagged[7]
    assert ((told.scores >= 0) & (told.scores <= 1)).all()


def test_what_is_left_out_by_hand() -> None:
    """Bound 1: client 0's rows of norms 2 and 1 lose 1/2 and nothing, its all else of norm 4 loses 3/4."""
    import torch

    given = ClientGradients(
        3,
        torch.tensor([0, 0, 1]),
        torch.tensor([1, 2, 2]),
        torch.tensor([[2.0, 0], [0, 1], [0, 0.5]]),
        torch.tensor([[4.0], [0.5]]),
    )
    cls, server = defenses.registry.get("norm-bound"), Server(np.random.default_rng(0))
    cls(configure(cls.Config, {"bound": 1}, "norm-bound")).aggregate(given, server)
    assert server.told[0].scores.tolist() == [pytest.approx((0.25 + 0.75) / 2), 0.0]


def test_the_published_reading_says_nothing(random_uploads) -> None:
    for name in ("norm-bound", "krum", "multi-krum"):
        cls, server = defenses.registry.get(name), Server(np.random.default_rng(0))
        cls(configure(cls.Config, {"rows": "all"}, name)).aggregate(random_uploads(9), server)
        assert not server.told
