"""The federation does what a loop over clients does, repeats itself, and pairs its runs."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from rbench import attacks, defenses
from rbench.benchmark.scenarios.federated.stages import simulation as set_up
from rbench.core.config import configure
from rbench.core.errors import UserError
from rbench.models.federation.gradients import ClientGradients
from rbench.models.federation.settings import FederationConfig
from rbench.models.federation.simulation import Simulation
from rbench.models.ncf import NCF, NCFConfig

MODEL, LARGE = NCF(NCFConfig()), NCF(NCFConfig(initializer_std=0.5))
FEDERATION = FederationConfig(epochs=3, clients_per_round=5, lr=0.1, negatives=2)
TARGETS = np.array([6, 3], np.int32)


def attack(name, **options):
    cls = attacks.registry.get(name)
    return cls(configure(cls.Config, {"malicious": 0.3, **options}, name))


def aggregator(name):
    cls = defenses.registry.get(name)
    return cls(cls.Config())


def run(data, federation=FEDERATION, seed=1, report=lambda fraction: None, **others):
    return set_up(data, MODEL, federation, TARGETS, seed, **others).run(report)


def test_a_round_against_the_loop(small, plain) -> None:
    simulation = Simulation(small, LARGE, FEDERATION, TARGETS, 1)
    chosen = torch.tensor([4, 1, 2, 26, 0, 3])
    before, users = simulation.parameters, simulation.population.users.clone()
    samples = simulation.population.samples
    items, others = torch.zeros_like(before.items), torch.zeros_like(before.others)
    for client in chosen.tolist():
        n, start = int(samples.lengths[client]), int(samples.starts[client])
        net = plain(before, users[client])
        if n:
            logits, labels = net(samples.items[start : start + n]), samples.labels[start : start + n]
            torch.nn.functional.binary_cross_entropy_with_logits(logits, labels).backward()
            items += net.uploads()[0]
            others += net.uploads()[1]
            users[client] -= 0.1 * net.user.grad
    simulation.round(chosen)
    torch.testing.assert_close(simulation.parameters.items, before.items - 0.1 * items, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(simulation.parameters.others, before.others - 0.1 * others, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(simulation.population.users, users, atol=1e-6, rtol=1e-5)


def test_the_sum_is_the_sum_of_a_longer_loss(small) -> None:
    """With loss=sum a client's gradient is that of the mean times its samples."""
    found = {}
    for loss in ("mean", "sum"):
        federation = replace(FEDERATION, client_loss=loss)
        simulation = Simulation(small, LARGE, federation, TARGETS, 1)
        found[loss] = simulation.population.compute(simulation.parameters, torch.arange(6))
        lengths = simulation.population.samples.lengths[:6].float()
    by_hand = found["mean"].uploads.weighted(lengths)
    torch.testing.assert_close(found["sum"].uploads.total().others, by_hand.others, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found["sum"].losses, found["mean"].losses)


@pytest.mark.parametrize("name", [None, "a-ra", "a-hum", "eb", "ra"])
@pytest.mark.parametrize("rule", [None, "median"])
def test_it_repeats_itself(small, name, rule) -> None:
    def again(seed=1):
        others = {"attack": attack(name) if name else None, "aggregator": aggregator(rule) if rule else None}
        return json.dumps(run(small, seed=seed, **others), sort_keys=True, allow_nan=False)

    assert again() == again() != again(seed=2)


@pytest.mark.parametrize("name", ["a-hum", "eb"])
@pytest.mark.parametrize("rule", [None, "krum"])
def test_threads_change_nothing(small, name, rule) -> None:
    found = [
        run(small, attack=attack(name), aggregator=aggregator(rule) if rule else None, threads=threads)
        for threads in (1, 3)
    ]
    assert found[0] == found[1]


def test_what_it_returns(small) -> None:
    fractions = []
    found = run(small, attack=attack("a-ra"), report=fractions.append)
    assert found["clients"] == {"benign": 27, "malicious": 8, "per_round": 5, "rounds": 7}
    assert len(found["epochs"]) == 3 and fractions[-1] == 1.0
    expected = {*(f"ER@{k}" for k in (5, 10, 20, 30)), "recall@20", "NDCG@20", "loss"}
    assert all(set(epoch) == expected and len(epoch["ER@5"]) == 2 for epoch in found["epochs"])


class Honest:
    """Malicious clients who upload nothing, and remember which rounds had them."""

    def __init__(self) -> None:
        self.seen = []

    def malicious(self, benign):
        return 4

    def recruit(self, adversary):
        self.adversary = adversary
        return self

    def upload(self, parameters, clients):
        self.seen.append(clients.tolist())
        none = torch.zeros(0, dtype=torch.long)
        empty = parameters.items.new_zeros(0, parameters.items.shape[1])
        others = parameters.others.new_zeros(len(clients), len(parameters.others))
        return ClientGradients(parameters.n_items, none, none, empty, others)


def test_benign_clients_draw_the_same_whoever_joins(small) -> None:
    """With one round an epoch, malicious clients who upload nothing change nothing."""
    federation, silent = replace(FEDERATION, clients_per_round=100, resample=True), Honest()
    one, two = run(small, federation), run(small, federation, attack=silent)
    for a, b in zip(one["epochs"], two["epochs"], strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=1e-5)
    assert [sorted(s) for s in silent.seen] == [[0, 1, 2, 3]] * 3
    alone = Simulation(small, MODEL, FEDERATION, TARGETS, 1)
    joined = set_up(small, MODEL, FEDERATION, TARGETS, 1, silent)
    order = torch.cat(list(joined._rounds(0)))
    assert torch.equal(order[order < 27], torch.cat(list(alone._rounds(0))))
    assert sorted(order.tolist()) == list(range(31))


def test_every_client_takes_part_once_an_epoch(small) -> None:
    simulation = Simulation(small, MODEL, FEDERATION, TARGETS, 1)
    rounds = [chosen.tolist() for chosen in simulation._rounds(0)]
    assert sorted(itertools.chain(*rounds)) == list(range(27)) and [len(r) for r in rounds] == [5] * 5 + [2]
    assert rounds != [chosen.tolist() for chosen in simulation._rounds(1)]


def test_negatives_are_kept_or_drawn_anew(small) -> None:
    for resample in (False, True):
        simulation = Simulation(small, MODEL, replace(FEDERATION, resample=resample), TARGETS, 1)
        first = simulation.population.samples.items.clone()
        simulation.train(0)
        assert torch.equal(first, simulation.population.samples.items)
        simulation.train(1)
        assert torch.equal(first, simulation.population.samples.items) != resample


def test_the_server_is_not_told_who_is_malicious(small) -> None:
    """Uploads come in the order of selection."""
    seen = []

    class Spy(defenses.Aggregator):
        Config, name = NCFConfig, "spy"

        def aggregate(self, gradients, server):
            seen.append(gradients)
            return gradients.total()

    simulation = set_up(small, MODEL, FEDERATION, TARGETS, 1, Honest(), Spy(None))
    simulation.round(torch.tensor([28, 3, 27, 5]))
    assert [bool(row.any()) for row in seen[0].others] == [False, True, False, True]
    assert {*vars(seen[0])} == {"n_items", "clients", "items", "rows", "others"}
    plain = Simulation(small, MODEL, FEDERATION, TARGETS, 1)
    plain.round(torch.tensor([3, 5]))
    torch.testing.assert_close(simulation.parameters.items, plain.parameters.items, atol=1e-7, rtol=1e-6)


def test_an_attacker_is_told_no_more_than_a_client(small) -> None:
    spy = Honest()
    set_up(small, MODEL, FEDERATION, TARGETS, 1, spy)
    held = vars(spy.adversary)
    assert {*held} == {"clients", "targets", "n_items", "protocol", "model", "seed", "device", "public"}
    assert held["public"] is None, "profiles are for attacks on a group"
    assert held["clients"] == 4 and held["targets"] is not TARGETS and held["n_items"] == 20
    assert held["model"] is MODEL and vars(MODEL) == {"config": NCFConfig()}, "the model holds more than its sizes"


def test_divergence_is_told(small) -> None:
    with pytest.raises(FloatingPointError, match=r"diverged in epoch \d+: .* lower federation\.lr \(now 1e\+30\)"):
        run(small, replace(FEDERATION, lr=1e30))


def test_too_few_clients_for_the_rule(small) -> None:
    with pytest.raises(UserError, match=r"krum\.byzantine=0\.1 reckons with 0 of a round's 2 clients"):
        run(small, aggregator=aggregator("krum"))


@pytest.mark.parametrize("rule", ["krum", "multi-krum", "median", "trimmed-mean", "norm-bound"])
def test_the_last_round_may_be_smaller(small, rule) -> None:
    found = run(small, replace(FEDERATION, clients_per_round=23), aggregator=aggregator(rule))
    assert found["clients"]["rounds"] == 2


@pytest.mark.parametrize(
    "options",
    [{"lr": 0}, {"test_share": 1.0}, {"exposure_at": ()}, {"exposure_at": (5, 5)}, {"clients_per_round": 0}],
)
def test_settings_that_mean_nothing(options) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        FederationConfig(**options)
