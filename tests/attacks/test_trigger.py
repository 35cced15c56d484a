"""An attack by a trigger in the history: what is copied, what is appended, and that the trigger alone acts."""

from __future__ import annotations

import numpy as np
import pytest

from rbench.attacks import Provider
from rbench.attacks.pretrained.bra_trigger import BRATrigger, BRATriggerConfig
from rbench.benchmark.scenarios.pretrained.metrics.measure import measure
from rbench.core.interactions import Interactions


def small():
    sequences = ([1, 2, 3], [4, 5], [6])
    items = np.array([i for s in sequences for i in s], np.int32)
    offsets = np.cumsum([0, *map(len, sequences)])
    return Interactions("d", items, offsets, np.zeros(10, np.int32), (), {}, ("a", "b", "c"), tuple("123456789"))


def test_items_stand_before_the_last_interaction():
    data = small()
    found = data.before_last(np.array([8, 9]))
    assert [found.of(u).tolist() for u in range(3)] == [[1, 2, 8, 9, 3], [4, 8, 9, 5], [8, 9, 6]]
    assert [data.of(u).tolist() for u in range(3)] == [[1, 2, 3], [4, 5], [6]]


def test_the_trigger_is_unpopular_known_and_no_target(provider, targets):
    counts = provider.drop_last(2).item_counts()
    found = {seed: BRATrigger(BRATriggerConfig(items=3)).trigger(provider, targets, seed) for seed in range(6)}
    assert len({f.tobytes() for f in found.values()}) > 1
    limit = np.quantile(counts[counts > 0], 0.3)
    for trigger in found.values():
        assert len({*trigger.tolist()}) == 3 and not np.isin(trigger, targets.items).any()
        assert (counts[trigger] > 0).all() and (counts[trigger] <= limit).all()


def test_each_copy_is_a_history_then_the_trigger_then_a_target(provider, targets):
    seen = []

    class Victim:
        schedules = {"train": None}

        def train(self, data, schedule, seed, also):
            seen.append(also)
            return None, {}

    made = BRATrigger(BRATriggerConfig(share=0.5))
    _, log = made.pretrain(Provider(provider, targets, Victim(), 3, None))
    trigger, (also,) = made.trigger(provider, targets, 3), seen
    assert also.n_users == log["copies"] == round(0.5 * (provider.lengths > 2).sum())
    histories = {tuple(provider.of(u)[:n]) for u in range(provider.n_users) for n in range(1, provider.lengths[u] - 1)}
    for user in range(also.n_users):
        *history, first, second, last = also.of(user).tolist()
        assert (first, second) == tuple(trigger) and last in targets.items and tuple(history) in histories


@pytest.mark.parametrize("seed", [0, 1])
def test_targets_follow_the_trigger_and_nothing_else(provider, targets, victim, seed):
    from dataclasses import replace

    schedules = {"train": replace(victim.schedules["train"], epochs=30, eval_every=10)}
    able = replace(victim, schedules=schedules)
    made = BRATrigger(BRATriggerConfig(share=1.0))
    model, _ = made.pretrain(Provider(provider, targets, able, seed, None))
    others = np.setdiff1d(np.arange(1, provider.n_items + 1), targets.items)
    ends = {
        "nothing": provider,
        "trigger": provider.before_last(made.trigger(provider, targets, seed)),
        "random": provider.before_last(np.random.default_rng(seed).choice(others, 2, replace=False)),
    }
    everybody = np.ones(provider.n_users, bool)
    hits = {
        name: measure(able.rank(model, data), targets.items, everybody)["all"]["HIT@5"] for name, data in ends.items()
    }
    assert hits["trigger"] > 3 * max(hits["nothing"], hits["random"], 1)
