"""Malicious clients that aim at an audience: what they know, what they upload, whom it reaches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rbench.attacks import Adversary
from rbench.attacks.federated.a_hum_group import AHumGroup
from rbench.attacks.federated.common.group import GroupConfig
from rbench.attacks.federated.common.known_users import KnownUsers
from rbench.attacks.federated.common.public import PublicUsers
from rbench.benchmark.scenarios.federated.stages import members, public_users, simulation
from rbench.core.errors import UserError
from rbench.core.seeds import generator
from rbench.models.federation.clients import lists, split
from rbench.models.federation.parameters import Parameters
from rbench.models.federation.settings import FederationConfig
from rbench.models.mf import MF, MFConfig
from rbench.testing.federated import small_data

N_ITEMS, WIDTH, SEED = 6, 4, 3
PROTOCOL = FederationConfig(negatives=2, lr=0.5)
PUBLIC = PublicUsers(lists(np.array([1, 2, 3, 4, 5]), np.array([2, 2, 1])), np.array([True, False, True]))


def adversary() -> Adversary:
    model = MF(MFConfig(embedding_size=WIDTH, initializer_std=0.5))
    return Adversary(2, np.array([2, 6], np.int32), N_ITEMS, PROTOCOL, model, SEED, public=PUBLIC)


@pytest.fixture
def parameters() -> Parameters:
    return adversary().model.parameters(N_ITEMS, np.random.default_rng(0))


def test_uploads_are_the_gradient_of_the_stated_loss(parameters: Parameters) -> None:
    """By autograd, one draw at a time: users drawn from those as they start, noise, three steps of mining."""
    draws, suppress, beta, xi = 3, 0.5, 3, 0.2
    config = GroupConfig(draws=draws, suppress=suppress, fit=0, steps=beta, step_size=xi, sigma=0.1)
    found = AHumGroup(config).recruit(adversary()).upload(parameters, torch.tensor([1, 0]))
    known = adversary().model.users(3, generator(SEED, "public"))
    rng = generator(SEED, "draws")
    items = parameters.items.clone().requires_grad_()
    losses = [torch.zeros(()), torch.zeros(())]
    for side, sign, weight in (([0, 2], 1.0, 1.0), ([1], -1.0, suppress)):
        chosen = np.array(side)[rng.integers(len(side), size=2 * draws)]
        users = known[torch.from_numpy(chosen)] + torch.from_numpy(rng.normal(0, 0.1, (2 * draws, WIDTH))).float()
        for n, start in enumerate(users):
            user = start.clone()
            for _ in range(beta):  # towards what the client does not want
                user = user.detach().requires_grad_()
                (-torch.nn.functional.logsigmoid(-sign * (parameters.items[[2, 6]] @ user)).sum()).backward()
                assert user.grad is not None
                user = user - xi * user.grad
            wanted = -torch.nn.functional.logsigmoid(sign * (items[[2, 6]] @ user.detach())).sum()
            losses[n // draws] = losses[n // draws] + weight * wanted / draws
    for client, loss in enumerate(losses):
        (expected,) = torch.autograd.grad(loss, items)
        torch.testing.assert_close(found.of(client).items, expected, atol=1e-6, rtol=1e-4)


def test_known_users_follow_the_parameters_as_clients_do(parameters: Parameters) -> None:
    """Each step descends the mean cross-entropy of a user's positives and its negatives, drawn once."""
    known = KnownUsers(adversary(), steps=2, step_size=0.7)
    start = adversary().model.users(3, generator(SEED, "public"))
    found = known.follow(parameters)
    samples = known._population.samples
    for n, user in enumerate(start):
        own = slice(int(samples.starts[n]), int(samples.starts[n] + samples.lengths[n]))
        rows, labels = parameters.items[samples.items[own]], samples.labels[own]
        assert samples.lengths[n] == 3 * PUBLIC.histories.lengths[n]
        for _ in range(2):
            user = user.detach().requires_grad_()
            torch.nn.functional.binary_cross_entropy_with_logits(rows @ user, labels).backward()
            assert user.grad is not None
            user = user - 0.7 * user.grad
        torch.testing.assert_close(found[n], user.detach(), atol=1e-6, rtol=1e-4)


def test_public_profiles_hold_what_clients_train_on_and_nothing_held_out() -> None:
    data, protocol = small_data.data(), replace(small_data.PROTOCOL, split="random")
    known = public_users(data, protocol, small_data.audience(), 40, seed=11)
    train, test = split(data, protocol, generator(11, "split"))
    pairs = [
        (train.items[train.offsets[u] : train.offsets[u + 1]], test.items[test.offsets[u] : test.offsets[u + 1]])
        for u in range(data.n_users)
    ]
    assert len(known.members) == len(known.histories.lengths) == 40
    matched = []
    for n, member in enumerate(known.members):
        items = known.histories.items[known.histories.offsets[n] : known.histories.offsets[n + 1]]
        fits = [u for u, (own, _) in enumerate(pairs) if np.array_equal(own, items)]
        assert any(small_data.audience()[u] == member and not set(pairs[u][1]) & set(items) for u in fits)
        matched += fits[:1]
    assert len(set(matched)) == 40


@pytest.mark.parametrize("known", [0, 1])
def test_an_attack_on_a_group_wants_public_profiles_of_both_sides(known: int) -> None:
    with pytest.raises(UserError, match="make a larger share public"):
        public_users(small_data.data(), small_data.PROTOCOL, small_data.audience(), known, seed=1)


def test_no_rule_is_no_audience() -> None:
    assert members(small_data.data(), "") is None


def test_it_reaches_the_audience_and_spares_the_others() -> None:
    """Where the audience can be told by its taste: black clients have black items only."""
    protocol = FederationConfig(epochs=20, clients_per_round=32, lr=2.0, negatives=2)
    reached = {}
    for suppress in (0.0, 1.0):
        attack = AHumGroup(GroupConfig(malicious=0.05, public=0.2, suppress=suppress))
        run = simulation(
            *(small_data.data(), MF(MFConfig()), protocol, small_data.targets(), 7, attack),
            audience=small_data.audience(),
        ).run()
        last = run["epochs"][-1]
        reached[suppress] = np.mean(last["target ER@5"]), np.mean(last["non-target ER@5"])
        shares = np.array(run["target users_exposed"]) / np.array(run["users_exposed"])
        both = shares * last["target ER@5"] + (1 - shares) * last["non-target ER@5"]
        np.testing.assert_allclose(both, last["ER@5"])
    assert reached[1.0][0] > 0.4 and reached[1.0][0] > 5 * reached[1.0][1]
    assert reached[0.0][1] > 2 * reached[1.0][1]
