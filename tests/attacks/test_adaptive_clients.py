"""Malicious clients who learn from the rounds they see, or keep within what honest clients upload."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench import attacks
from rbench.attacks import Adversary
from rbench.attacks.federated.alie import clamped
from rbench.attacks.federated.common.bounded import HonestClients
from rbench.attacks.federated.min_max import moved
from rbench.attacks.federated.pieck_ipe import alignment
from rbench.core.config import configure
from rbench.core.errors import UserError
from rbench.models.federation.gradients import ClientGradients
from rbench.models.federation.parameters import Parameters
from rbench.models.federation.settings import FederationConfig
from rbench.models.mf import MF, MFConfig
from rbench.models.ncf import NCF, NCFConfig

N_ITEMS, SEED = 9, 4
MODEL = NCF(NCFConfig(initializer_std=0.5))
PROTOCOL = FederationConfig(negatives=4, lr=0.5)


def attack(name: str, **options: object) -> Any:
    cls = attacks.registry.get(name)
    return cls(configure(cls.Config, options, name))


def adversary(targets: list[int], clients: int = 2, model: Any = MODEL) -> Adversary:
    return Adversary(clients, np.array(targets, np.int32), N_ITEMS, PROTOCOL, model, SEED)


@pytest.fixture
def parameters() -> Parameters:
    drawn = MODEL.parameters(N_ITEMS, np.random.default_rng(0))
    noise = torch.from_numpy(np.random.default_rng(1).normal(0, 0.2, len(drawn.others)))
    return Parameters(drawn.items.double(), drawn.others.double() + noise, drawn.shapes)


def pushed(given: Parameters, by: dict[int, float]) -> Parameters:
    items = given.items.clone()
    for item, size in by.items():
        items[item, 0] += size
    return replace(given, items=items)


@pytest.mark.parametrize("name", ["pieck-ipe", "pieck-uea"])
def test_nothing_is_uploaded_until_a_client_has_seen_two_rounds(parameters, name) -> None:
    clients = attack(name, popular=2).recruit(adversary([3], clients=3))
    first = clients.upload(parameters, torch.tensor([2, 0]))
    assert len(first) == 2 and not len(first.items) and not first.others.any()
    second = clients.upload(pushed(parameters, {5: 1.0}), torch.tensor([1, 0]))  # client 1 is new
    assert second.clients.tolist() == [1] and second.items.tolist() == [3]
    assert not second.others[0].any()


def test_the_items_that_moved_most_stand_for_users(parameters) -> None:
    """Equal to the loss written out: -log of the target's score for the rows of items 7 and 2, which stay fixed."""
    clients = attack("pieck-uea", popular=2).recruit(adversary([3, 6]))
    clients.upload(parameters, torch.tensor([0]))
    now = pushed(parameters, {7: 2.0, 2: -1.5, 8: 0.5, 3: 9.0})
    found = clients.upload(now, torch.tensor([0])).of(0)
    items, others = now.items.clone().requires_grad_(), now.others.clone().requires_grad_()
    named = replace(now, others=others).named()
    loss = torch.zeros(())
    for user in (now.items[7], now.items[2]):
        for target in (3, 6):
            loss = loss - torch.nn.functional.logsigmoid(MODEL.logits(user, items[[target]], named)).sum() / 2
    loss.backward()
    torch.testing.assert_close(found.items, items.grad)
    torch.testing.assert_close(found.others, others.grad)
    later = clients.upload(pushed(now, {4: 50.0}), torch.tensor([0]))  # what is mined stays
    assert not torch.equal(later.of(0).items, torch.zeros_like(found.items))
    assert sorted(later.items.tolist()) == [3, 6]


def test_rows_wider_than_users_are_cut(parameters) -> None:
    model = MF(MFConfig(embedding_size=4, item_bias=True))
    drawn = model.parameters(N_ITEMS, np.random.default_rng(0))
    clients = attack("pieck-uea", popular=3).recruit(adversary([3], model=model))
    clients.upload(drawn, torch.tensor([0]))
    found = clients.upload(pushed(drawn, {5: 1.0}), torch.tensor([0]))
    assert found.rows.shape == (1, 5) and found.rows.isfinite().all()


def test_the_alignment_by_a_loop() -> None:
    rng = np.random.default_rng(0)
    own, popular = rng.normal(size=(5, 2, 4)), rng.normal(size=(5, 3, 4))
    popular[1] = own[1, 0] + 0.01 * rng.normal(size=(3, 4))  # one target is already where it should be
    found = alignment(torch.from_numpy(own), torch.from_numpy(popular), 0.9)
    for k in range(5):
        for t in range(2):
            v = own[k, t]
            cosines = [float(v @ p / (np.linalg.norm(v) * np.linalg.norm(p))) for p in popular[k]]
            weighted = [c * w / 6 for c, w in zip(cosines, (3, 2, 1), strict=True)]
            signs = [[w for w in weighted if w > 0], [w for w in weighted if w <= 0]]
            expected = -0.9 * sum(sum(part) / len(part) for part in signs if part)
            if np.mean(cosines) > 0.95:
                expected = -float(np.linalg.norm(v))
            assert float(found[k, t]) == pytest.approx(expected)


def test_descending_turns_the_target_towards_popular_items(parameters) -> None:
    clients = attack("pieck-ipe", popular=1).recruit(adversary([3]))
    clients.upload(parameters, torch.tensor([0]))
    now = pushed(parameters, {7: 2.0})

    def cosine(table: torch.Tensor) -> float:
        return float(torch.nn.functional.cosine_similarity(table[3], table[7], dim=0))

    before = cosine(now.items)
    for _ in range(20):
        now = now.descend(clients.upload(now, torch.tensor([0])).total(), 0.05)
    assert cosine(now.items) > before + 0.1


def uploads(n: int, seed: int, density: float = 0.7) -> ClientGradients:
    rng = np.random.default_rng(seed)
    clients, items = np.nonzero(rng.random((n, N_ITEMS)) < density)
    parts = clients, items + 1, rng.normal(size=(len(items), 3)), rng.normal(size=(n, 4))
    return ClientGradients(N_ITEMS, *map(torch.from_numpy, parts))


def dense(given: ClientGradients) -> np.ndarray:
    each = [given.of(k) for k in range(len(given))]
    return np.stack([np.concatenate([g.items.numpy().ravel(), g.others.numpy()]) for g in each])


@given(st.integers(0, 2**20), st.floats(0.1, 4))
@settings(max_examples=30, deadline=None)
def test_every_coordinate_keeps_to_the_honest_spread(seed, z) -> None:
    found, honest = uploads(2, seed), uploads(6, seed + 1)
    kept = clamped(found, honest, z)
    for k, item in enumerate(found.items.tolist()):
        rows = honest.rows[honest.items == item].numpy()
        rows = rows if len(rows) > 1 else honest.rows.numpy()
        middle, off = rows.mean(0), z * rows.std(0, ddof=1)
        assert kept.rows[k].numpy() == pytest.approx(np.clip(found.rows[k].numpy(), middle - off, middle + off))
    middle, off = honest.others.numpy().mean(0), z * honest.others.numpy().std(0, ddof=1)
    assert kept.others.numpy() == pytest.approx(np.clip(found.others.numpy(), middle - off, middle + off))


@given(st.integers(0, 2**20), st.floats(0.1, 1))
@settings(max_examples=30, deadline=None)
def test_no_honest_client_is_further_than_honest_ones_from_each_other(seed, density) -> None:
    """The step is the largest there is: found again by halving, on vectors written out."""
    found, honest = uploads(2, seed), uploads(6, seed + 1, density)
    theirs, mean = dense(honest), dense(honest).mean(0)
    widest = max(np.linalg.norm(a - b) for a in theirs for b in theirs)
    for own, placed in zip(dense(found), dense(moved(found, honest)), strict=True):
        unit, low, high = own / np.linalg.norm(own), 0.0, 1e3
        for _ in range(80):
            middle = (low + high) / 2
            inside = max(np.linalg.norm(mean + middle * unit - x) for x in theirs) <= widest
            low, high = (middle, high) if inside else (low, middle)
        assert placed == pytest.approx(mean + low * unit, abs=1e-6)


def test_made_up_honest_clients_know_targets_as_negatives(parameters) -> None:
    single = Parameters(parameters.items.float(), parameters.others.float(), parameters.shapes)
    honest = HonestClients(adversary([3, 7], clients=2), 5, 4)
    one = honest.upload(single, 1)
    for target in (3, 7):
        assert sorted(one.clients[one.items == target].tolist()) == [0, 1, 2, 3, 4]
    samples = honest._fakes.population.samples
    assert not samples.labels[(samples.items == 3) | (samples.items == 7)].any()
    assert torch.equal(one.rows, honest.upload(single, 1).rows), "they learn once an epoch"
    assert not torch.equal(one.rows, honest.upload(single, 1).rows)


@pytest.mark.parametrize("name", ["alie", "min-max"])
@pytest.mark.parametrize(
    ("wrapped", "said"),
    [
        ("a-hun", "unknown attack 'a-hun'; did you mean a-hum"),
        ("bra", "a class derived from FederatedAttack is expected"),
        ("alie", "attack=alie cannot be wrapped"),
    ],
)
def test_what_cannot_be_wrapped_is_said(name, wrapped, said) -> None:
    with pytest.raises(UserError, match=said):
        attack(name, attack=wrapped)
