"""Exposure and accuracy agree with sorting every user's list."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from rbench.models.federation.clients import split
from rbench.models.federation.evaluation import exposure as evaluation
from rbench.models.federation.evaluation.exposure import Evaluation
from rbench.models.federation.mlp import scoring
from rbench.models.federation.parameters import Parameters
from rbench.models.federation.settings import FederationConfig
from rbench.models.ncf import NCF, NCFConfig

FEDERATION = FederationConfig(exposure_at=(1, 3, 5), accuracy_at=4)
MODEL = NCF(NCFConfig(initializer_std=1.0))
TARGETS = np.array([6, 3, 20], np.int32)


def slowly(plain, parameters, users, train, test, n_items):
    """All metrics from sorted lists, user by user."""
    exposed = {k: [[] for _ in TARGETS] for k in FEDERATION.exposure_at}
    recalls, gains = [], []
    for user in range(len(users)):
        own, held = (x.items[x.offsets[user] : x.offsets[user + 1]].tolist() for x in (train, test))
        with torch.no_grad():
            scores = plain(parameters, users[user])(torch.arange(1, n_items + 1)).tolist()
        ranked = [i for i in sorted(range(1, n_items + 1), key=lambda i: (-scores[i - 1], i)) if i not in own]
        for t, target in enumerate(TARGETS.tolist()):
            if target not in own and target not in held:
                for k in exposed:
                    exposed[k][t].append(target in ranked[:k])
        relevant = set(held) - set(own)
        if relevant:
            hits = [place for place, i in enumerate(ranked[:4]) if i in relevant]
            recalls.append(len(hits) / len(relevant))
            ideal = sum(1 / np.log2(p + 2) for p in range(min(4, len(relevant))))
            gains.append(sum(1 / np.log2(p + 2) for p in hits) / ideal)
    return {
        **{f"ER@{k}": [np.mean(v) for v in lists] for k, lists in exposed.items()},
        "recall@4": np.mean(recalls),
        "NDCG@4": np.mean(gains),
    }


@pytest.mark.parametrize("chunk", [3, 256])
@pytest.mark.parametrize("pairs", [1, 1 << 16])
@pytest.mark.parametrize("ties", ["none", "some", "all"])
def test_against_sorting(small, plain, monkeypatch, chunk, pairs, ties) -> None:
    monkeypatch.setattr(evaluation, "USERS", chunk)
    monkeypatch.setattr(scoring, "PAIRS", pairs)
    rng = np.random.default_rng(3)
    drawn = MODEL.parameters(small.n_items, rng)
    items, others = drawn.items.double(), drawn.others.double()
    users = torch.from_numpy(rng.normal(size=(small.n_users, 8)))
    if ties != "none":  # whole numbers, on which sums are exact in any order
        items, users = torch.sign(items), torch.sign(users)
        others = torch.sign(others) if ties == "some" else torch.zeros_like(others)
    parameters = Parameters(items, others, drawn.shapes)
    train, test = split(small, FEDERATION, rng)
    found = Evaluation(MODEL, train, test, small.n_items, TARGETS, FEDERATION).measure(parameters, users)
    expected = slowly(plain, parameters, users, train, test, small.n_items)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name


def test_what_random_rankings_reach(small) -> None:
    train, test = split(small, FEDERATION, np.random.default_rng(0))
    described = Evaluation(MODEL, train, test, small.n_items, TARGETS, FEDERATION).describe()
    own = [len(set(train.items[a:b].tolist())) for a, b in zip(train.offsets, train.offsets[1:], strict=False)]
    open_ = [u for u in range(small.n_users) if 6 not in small.of(u)]
    assert described["users_exposed"][0] == len(open_)
    assert described["chance"]["ER@3"][0] == pytest.approx(np.mean([min(1, 3 / (20 - own[u])) for u in open_]))
    json.dumps(described, allow_nan=False)


def test_a_mean_over_nobody_is_none(interactions) -> None:
    data = interactions([[1], [1, 2]], 3)
    train, test = split(data, FEDERATION, np.random.default_rng(0))
    rated = Evaluation(MODEL, train, test, 3, np.array([1], np.int32), FEDERATION)
    drawn = MODEL.parameters(3, np.random.default_rng(0))
    found = rated.measure(drawn, torch.zeros(2, 8))
    assert found["ER@1"] == [None] and found["recall@4"] is None and found["NDCG@4"] is None
    assert rated.describe()["chance"]["ER@1"] == [None]
