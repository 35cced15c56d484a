"""Attacks that keep detectors' scores down: their values are the detectors', their deviations those of plain numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rbench.attacks.pretrained.common.evasion import Evasion, standardised
from rbench.defenses import Handed
from rbench.defenses.pretrained.common.inspection import Inspection
from rbench.models.sequential.batch import Batch

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
