"""Attacks that keep detectors' scores down: their values are the detectors', their deviations those of plain numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rbench.attacks.pretrained.common import estimates
from rbench.attacks.pretrained.common.estimates import Contrasts, Running, Shown, standardised
from rbench.attacks.pretrained.common.evasion import Evasion
from rbench.defenses import Handed
from rbench.defenses.pretrained.common.inspection import Inspection
from rbench.models.sequential.batch import Batch
from rbench.models.sequential.replay import lack, replay

TARGETS = np.array([3, 7, 20], np.int32)


def evasion(data, *against, weight=1.0, limit=2.5):
    return Evasion(data, TARGETS, against, weight, limit, 5)


def whole(data):
    """Return a batch of all users' histories, as detectors read them."""
    width = int(data.lengths.max())
    items = np.zeros((data.n_users, width), np.int32)
    for user in range(data.n_users):
        items[user, : data.lengths[user]] = data.of(user)
    nothing = torch.zeros(0, dtype=torch.int32)
    lengths = torch.from_numpy(data.lengths.astype(np.int64))
    return Batch(torch.from_numpy(items), lengths, torch.arange(data.n_users), nothing, nothing)


def test_standardised_scores_have_mean_0_and_deviation_1():
    scores = torch.randn(4, 30, dtype=torch.float64)
    found = standardised(scores).numpy()
    rows = scores[:, 1:].numpy()
    np.testing.assert_allclose(found, (rows - rows.mean(1, keepdims=True)) / rows.std(1, keepdims=True))


def test_alignment_is_what_the_detector_computes(provider, victim, clean):
    held = Handed(data=provider, pretrained=clean, victim=victim, seed=0)
    truth = Inspection(held).mean_scores()
    network = victim.open(clean, provider).encoder
    histories = provider.drop_last(1).take(np.flatnonzero(provider.lengths > 1))
    histories = histories.keep_last(network.max_length)
    with torch.no_grad():
        (values,) = evasion(provider, "alignment")._values(network, whole(histories))
    np.testing.assert_allclose(values.numpy(), truth[1:], atol=1e-5)


def test_deviations_are_those_of_medians_within_quarters_of_popularity(provider):
    values = np.random.default_rng(1).normal(size=provider.n_items)
    counts = provider.drop_last(2).item_counts()[1:]
    quarters = np.quantile(counts[counts > 0], [0.25, 0.5, 0.75])
    stratum = np.where(counts > 0, 1 + (counts[:, None] >= quarters).sum(1), 0)
    found = evasion(provider, "alignment").z(torch.from_numpy(values)).numpy()
    for target, z in zip(TARGETS, found, strict=True):
        alike = np.sort(values[stratum == stratum[target - 1]])
        middle = alike[(len(alike) - 1) // 2]  # torch's median is the lower of two
        spread = np.sort(np.abs(alike - middle))[(len(alike) - 1) // 2]
        assert z == pytest.approx((values[target - 1] - middle) / (1.4826 * spread))


def test_only_targets_above_the_limit_are_pushed(provider):
    term, values = evasion(provider, "alignment"), torch.randn(provider.n_items).requires_grad_()
    z = term.z(values)
    limit = float(z.detach().median())
    (z - limit).relu().square().mean().backward()
    above = np.flatnonzero(z.detach().numpy() > limit)
    assert 0 < len(above) < len(TARGETS)
    assert {*np.flatnonzero(values.grad.numpy())} == {*(TARGETS[above] - 1)}


def test_a_running_mean_fades_and_has_the_gradient_of_one_batch():
    total, number = Running(), Running()
    values = torch.tensor([2.0, 4.0, 9.0], requires_grad=True)
    for value in values:
        mean = number.full(total(value) / number(torch.tensor(1.0)))
    kept = estimates.KEPT
    assert float(mean.detach()) == pytest.approx((9 + 4 * kept + 2 * kept**2) / (1 + kept + kept**2))
    mean.backward()
    assert values.grad.tolist() == pytest.approx([0, 0, 1])


def test_contrasts_of_one_batch_are_what_the_detector_computes(provider, victim, clean):
    def lower(values):  # torch's median is the lower of two
        return np.sort(values)[(len(values) - 1) // 2]

    def deviations(values):
        return (values - lower(values)) / (1.4826 * lower(np.abs(values - lower(values))))

    held = Handed(data=provider, pretrained=clean, victim=victim, seed=0)
    truth = [deviations((inside - outside)[1:]) for _, inside, outside in Inspection(held).group_scores]
    network = victim.open(clean, provider).encoder
    histories = provider.drop_last(1).keep_last(network.max_length)
    with torch.no_grad():
        z = Contrasts(provider, TARGETS)(network.eval(), whole(histories))
    assert len(truth) > 1
    np.testing.assert_allclose(z.numpy(), np.max(truth, 0)[TARGETS - 1], rtol=1e-3)


def test_contrasts_without_groups_are_nought(provider, victim, clean):
    few = provider.take(np.arange(2 * estimates.LEAST - 1))
    network = victim.open(clean, provider).encoder
    with torch.no_grad():
        z = Contrasts(few, TARGETS)(network, whole(few.drop_last(1).keep_last(network.max_length)))
    assert z.tolist() == [0, 0, 0]


def shown(provider, victim, clean, limit=2.5):
    return Shown(provider, TARGETS, limit, victim.open(clean, provider), np.random.default_rng(3))


def test_as_many_may_be_shown_a_target_as_the_test_lets_pass(provider, victim, clean):
    allowed = shown(provider, victim, clean).allowed
    log = provider.drop_last(1).keep_last(estimates.HISTORY)
    counts = [found[found[0] >= 0] for found in replay(victim.open(clean, provider), log, estimates.TOP)]
    tested = counts[0] >= estimates.TOP
    have = log.item_counts()[TARGETS]

    def z(shares):
        ours = np.ceil(shares * log.n_users).astype(int), (shares * have).astype(int)
        return lack(*(np.append(c[tested], o) for c, o in zip(counts, ours, strict=True)))[-len(TARGETS) :]

    assert (z(allowed - 0.02) <= 2.6).all()
    assert (z(np.minimum(allowed + 0.02, 1)) >= 2.4)[allowed < 1].all()
    assert shown(provider, victim, clean, 100.0).allowed.tolist() == [1, 1, 1]


def test_who_is_shown_a_target_is_counted(provider, victim, clean):
    term, opened = shown(provider, victim, clean), victim.open(clean, provider)
    log = provider.drop_last(1).keep_last(opened.encoder.max_length)
    batch = whole(log)
    with torch.no_grad():
        one = term._shown(opened.encoder.eval(), batch).numpy()
    for user, scores in enumerate(np.concatenate([*opened.scores(log)])):
        scores[[0, *log.of(user)]] = -np.inf
        top = set(np.argsort(-scores)[: estimates.TOP])
        assert [t in top for t in TARGETS] == [bool(x) for x in one[user] > 0.5]


@pytest.mark.parametrize("name", ["bra", "bra-group"])
def test_an_attack_that_evades_acceptance_shows_its_targets_less(attack, provider, targets, victim, name):
    shares = []
    for weight in (0.0, 3.0):
        evade = {"evade": ("acceptance",), "evasion": weight} if weight else {}
        model, _ = attack(name, rate=0.8, **evade)
        opened = victim.open(replace(model, prompt=None), provider)
        times, _ = replay(opened, provider.drop_last(1), estimates.TOP)
        shares.append(times[targets.items].mean() / provider.n_users)
    assert shares[1] < 0.8 * shares[0]


def test_pea_that_evades_the_contrast_tells_groups_apart_less(attack, provider, targets, victim):
    found = []
    for weight in (0.0, 3.0):
        evade = {"evade": ("group-contrast",), "evasion": weight, "limit": 0.0} if weight else {}
        model, _ = attack("pea", rate=0.5, epochs=10, **evade)
        look = Inspection(Handed(data=provider, pretrained=model, victim=victim, seed=0))
        groups = {name: inside - outside for name, inside, outside in look.group_scores}
        found.append(groups["gender:M"][targets.items].mean())
    assert found[0] > 1 and found[1] < 0.2 * found[0]


@pytest.mark.parametrize("name", ["bra", "pea"])
@pytest.mark.parametrize("against", ["alignment", "prompt-probe", "history-probe"])
def test_an_evasive_attack_is_seen_less_by_what_it_evades(attack, provider, targets, victim, name, against):
    options = {"rate": 0.5, **({"epochs": 4} if name == "pea" else {})}
    found = {}
    for weight in (0.0, 10.0):
        evade = {"evade": (against,), "evasion": weight, "limit": 0.0} if weight else {}
        model, _ = attack(name, **options, **evade)
        network = victim.open(replace(model, prompt=None), provider).encoder
        look = Evasion(provider, targets.items, (against,), 1.0, 0.0, 9)
        with torch.no_grad():
            found[weight] = float(look(network.eval(), whole(provider.drop_last(2).keep_last(network.max_length))))
    assert found[10.0] < 0.7 * found[0.0]
