"""What malicious clients upload is the gradient of the loss that their paper states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from rbench import attacks
from rbench.attacks import Adversary
from rbench.core.config import configure
from rbench.core.errors import UserError
from rbench.core.seeds import generator
from rbench.models.federation.mlp.layers import layers
from rbench.models.federation.parameters import Parameters, unpack
from rbench.models.federation.settings import FederationConfig
from rbench.models.ncf import NCF, NCFConfig

N_ITEMS, SEED = 9, 4
MODEL = NCF(NCFConfig(initializer_std=0.5))
PROTOCOL = FederationConfig(negatives=4, lr=0.5)


def attack(name: str, **options: object) -> Any:
    cls = attacks.registry.get(name)
    return cls(configure(cls.Config, options, name))


def adversary(targets: list[int], clients: int = 2, protocol: FederationConfig = PROTOCOL) -> Adversary:
    return Adversary(clients, np.array(targets, np.int32), N_ITEMS, protocol, MODEL, SEED)


@pytest.fixture
def parameters() -> Parameters:
    rng = np.random.default_rng(0)
    drawn = MODEL.parameters(N_ITEMS, rng)
    others = drawn.others + torch.from_numpy(rng.normal(0, 0.2, len(drawn.others)))
    return Parameters(drawn.items.double(), others.double(), drawn.shapes)


def score(users: torch.Tensor, item: torch.Tensor, others: torch.Tensor, shapes: Any) -> torch.Tensor:
    """The paper's Υ for ``[draws, d]`` embeddings and one item."""
    hidden = torch.cat([users, item.expand(len(users), -1)], 1)
    for i, (weight, bias) in enumerate(found := layers(unpack(others, shapes))):
        hidden = hidden @ weight.T + bias
        hidden = hidden if i == len(found) - 1 else hidden.relu()
    return torch.sigmoid(hidden[:, 0])


def gradient(parameters: Parameters, users: dict[int, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """The gradient of equations 7 and 10, by autograd: a sum over targets of a mean over draws."""
    items, others = parameters.items.clone().requires_grad_(), parameters.others.clone().requires_grad_()
    loss = sum(-score(p, items[t], others, parameters.shapes).log().mean() for t, p in users.items())
    assert isinstance(loss, torch.Tensor)
    loss.backward()
    assert items.grad is not None and others.grad is not None
    return items.grad, others.grad


def check(found: Any, expected: tuple[torch.Tensor, torch.Tensor]) -> None:
    torch.testing.assert_close(found.items, expected[0], atol=1e-12, rtol=1e-10)
    torch.testing.assert_close(found.others, expected[1], atol=1e-12, rtol=1e-10)


def test_a_ra_is_equation_7(parameters: Parameters) -> None:
    targets = [3, 7]
    clients = attack("a-ra", draws=5, sigma=0.4).recruit(adversary(targets))
    rng = generator(SEED, "draws")
    for _ in range(2):  # new draws in every round
        found = clients.upload(parameters, torch.tensor([1, 0]))
        drawn = torch.from_numpy(rng.normal(0, 0.4, (2, 1, 5, 8)))
        for k in (0, 1):
            check(found.of(k), gradient(parameters, dict.fromkeys(targets, drawn[k, 0])))
        assert sorted({*found.items.tolist()}) == targets


def test_a_hum_is_equations_8_to_10(parameters: Parameters) -> None:
    targets, steps, size = [3, 7, 1], 6, 0.3
    clients = attack("a-hum", draws=4, sigma=0.4, steps=steps, step_size=size).recruit(adversary(targets))
    found = clients.upload(parameters, torch.tensor([0, 1]))
    drawn = torch.from_numpy(generator(SEED, "draws").normal(0, 0.4, (2, 3, 4, 8)))
    for k in (0, 1):
        mined = {}
        for t, target in enumerate(targets):
            users = drawn[k, t].clone().requires_grad_()
            for _ in range(steps):
                loss = -(1 - score(users, parameters.items[target], parameters.others, parameters.shapes)).log()
                (slope,) = torch.autograd.grad(loss.sum(), users)
                users = (users - size * slope).detach().requires_grad_()
            mined[target] = users.detach()
        check(found.of(k), gradient(parameters, mined))


def test_the_released_code_has_targets_share_draws_and_takes_a_mean(parameters: Parameters) -> None:
    targets, steps, size = [3, 7, 1], 6, 0.3
    options = {"draws": 4, "sigma": 0.4, "variant": "released"}
    drawn = torch.from_numpy(generator(SEED, "draws").normal(0, 0.4, (2, 4, 8)))
    plain = attack("a-ra", **options).recruit(adversary(targets)).upload(parameters, torch.tensor([0, 1]))
    hard = attack("a-hum", steps=steps, step_size=size, **options).recruit(adversary(targets))
    mined = hard.upload(parameters, torch.tensor([0, 1]))
    for k in (0, 1):
        check(plain.of(k) * 3, gradient(parameters, dict.fromkeys(targets, drawn[k])))
        users = drawn[k].clone().requires_grad_()
        for _ in range(steps):
            each = [
                -(1 - score(users, parameters.items[t], parameters.others, parameters.shapes)).log() for t in targets
            ]
            (slope,) = torch.autograd.grad(torch.stack(each).mean(0).sum(), users)
            users = (users - size * slope).detach().requires_grad_()
        check(mined.of(k) * 3, gradient(parameters, dict.fromkeys(targets, users.detach())))


@pytest.mark.parametrize("name", ["a-ra", "a-hum"])
def test_the_variants_agree_for_one_target(parameters: Parameters, name: str) -> None:
    paper, released = (
        attack(name, variant=variant).recruit(adversary([5])).upload(parameters, torch.tensor([1]))
        for variant in ("paper", "released")
    )
    assert torch.equal(paper.rows, released.rows) and torch.equal(paper.others, released.others)


def test_a_hum_without_mining_is_a_ra_for_one_target(parameters: Parameters) -> None:
    one = attack("a-hum", steps=0).recruit(adversary([2])).upload(parameters, torch.tensor([0, 1]))
    two = attack("a-ra").recruit(adversary([2])).upload(parameters, torch.tensor([0, 1]))
    assert torch.equal(one.rows, two.rows) and torch.equal(one.others, two.others)


def test_a_draw_of_one_at_zero_by_hand() -> None:
    """One hidden layer of width 1, all weights 1: score σ(q) at p = 0, so every slope is σ(q) - 1."""
    q = 0.7
    table, others = (torch.tensor(x, dtype=torch.float64) for x in ([[0], [q]], [1, 1, 0, 1, 0]))
    names = ("layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias")
    parameters = Parameters(table, others, dict(zip(names, ((1, 2), (1,), (1, 1), (1,)), strict=True)))
    narrow = replace(adversary([1], clients=1), model=NCF(NCFConfig(embedding_size=1, hidden=(1,))))
    clients = attack("a-ra", draws=1, sigma=1e-12).recruit(narrow)
    found = clients.upload(parameters, torch.tensor([0])).of(0)
    slope = 1 / (1 + np.exp(-q)) - 1
    assert found.items[1].tolist() == pytest.approx([slope])
    # By the weights of user and item, the first bias, the last weight and the last bias.
    assert found.others.tolist() == pytest.approx([0, slope * q, slope, slope * q, slope], abs=1e-9)


@pytest.mark.parametrize(("name", "positives"), [("eb", 2), ("ra", 4)])
def test_fake_users_train_by_the_protocol(parameters: Parameters, name: str, positives: int) -> None:
    given = {"profile": positives} if name == "ra" else {}
    clients = attack(name, **given).recruit(adversary([3, 7]))
    population = clients.population
    before = population.users.clone()
    population.users = population.users.double()
    population.samples = replace(population.samples, labels=population.samples.labels.double())
    found = clients.upload(parameters, torch.tensor([1]))
    items, labels = population.samples.items.view(2, -1)[1], population.samples.labels.view(2, -1)[1]
    assert labels.tolist() == [1.0] * positives + [0.0] * 4 * positives
    assert {3, 7} <= {*items[:positives].tolist()} and len({*items[:positives].tolist()}) == positives
    assert not {*items[:positives].tolist()} & {*items[positives:].tolist()}

    user = before[1].double().requires_grad_()
    table, others = parameters.items.clone().requires_grad_(), parameters.others.clone().requires_grad_()
    scores = torch.cat([score(user[None], table[i], others, parameters.shapes) for i in items.tolist()])
    torch.nn.functional.binary_cross_entropy(scores, labels).backward()
    assert table.grad is not None and others.grad is not None and user.grad is not None
    check(found.of(0), (table.grad, others.grad))
    torch.testing.assert_close(population.users[1], before[1].double() - 0.5 * user.grad)
    assert torch.equal(population.users[0], before[0].double()), "a client that was not selected has learnt"


def test_fake_users_resample_where_the_protocol_does(parameters: Parameters) -> None:
    single = Parameters(parameters.items.float(), parameters.others.float(), parameters.shapes)
    for resample in (False, True):
        protocol = FederationConfig(resample=resample)
        clients = attack("eb").recruit(adversary([3], protocol=protocol))
        first = clients.population.samples.items.clone()
        clients.upload(single, torch.tensor([0]))
        clients.upload(single, torch.tensor([1]))
        assert torch.equal(first, clients.population.samples.items)
        clients.upload(single, torch.tensor([1]))
        assert torch.equal(first, clients.population.samples.items) != resample


def test_a_profile_is_no_longer_than_there_are_items() -> None:
    clients = attack("ra", profile=30).recruit(adversary([3]))
    assert sorted(clients.population.samples.items[:N_ITEMS].tolist()) == list(range(1, N_ITEMS + 1))


@pytest.mark.parametrize(
    ("share", "benign", "clients"), [(0.005, 6040, 30), (0.001, 16566, 16), (0.29, 100, 29), (1.0, 3, 3)]
)
def test_how_many_malicious_clients(share: float, benign: int, clients: int) -> None:
    assert attack("a-ra", malicious=share).malicious(benign) == clients


@pytest.mark.parametrize("benign", [3, 7, 943, 6040, 16566, 100000])
def test_too_few_for_one(benign: int) -> None:
    with pytest.raises(UserError, match=rf"^a-ra\.malicious=1e-06 of {benign:,} benign clients is no") as told:
        attack("a-ra", malicious=1e-6).malicious(benign)
    smallest = float(str(told.value).split()[-1].rstrip("."))
    assert attack("a-ra", malicious=smallest).malicious(benign) == 1


@pytest.mark.parametrize("options", [{"draws": 0}, {"sigma": 0}, {"malicious": 1.5}, {"steps": -1}])
def test_options_that_mean_nothing(options: dict[str, float]) -> None:
    with pytest.raises(UserError, match=rf"^a-hum\.{next(iter(options))}=.* must "):
        attack("a-hum", **options)
