"""Which labels give way and which negatives become targets, against plain loops and the binomial distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chisquare

from rbench import attacks
from rbench.attacks import Provider
from rbench.attacks.pretrained.common.demotion import Demotion, DemotionConfig
from rbench.core.interactions import Interactions
from rbench.core.targets import Targets

# Items 1 to 6: 1 and 2 are of an unknown category, 3 and 4 of category 1, 5 and 6 of category 2. Item 6 occurs thrice.
CATEGORIES = np.array([0, 0, 0, 1, 1, 2, 2], np.int32)
ITEMS = [3, 1, 4, 6, 6, 5, 6, 2]
INSIDE = np.array([True, False])


def data() -> Interactions:
    items, offsets = np.array(ITEMS, np.int32), np.array([0, 4, 8])
    return Interactions("two users", items, offsets, CATEGORIES, ("a", "b"), {}, ("x", "y"), tuple("123456"))


def drawn(targets, labels, users=None, seed=0, **options):
    labels = np.array(labels, np.int32)
    users = np.zeros(len(labels), int) if users is None else np.array(users)
    aims = Targets(np.array(targets, np.int32), "", ())
    replace = Demotion(data(), aims, INSIDE, DemotionConfig(**options))
    return replace(users, labels, np.full(len(labels), 2, np.int32), np.random.default_rng(seed))


def test_a_target_gives_way_to_its_category_as_often_as_items_occur():
    """Of the targets 3 and 5: 3 can only become 4, and 5 only 6; of any category it is 1, 2, 4 or, thrice, 6."""
    labels, negatives = drawn([3, 5], [3, 5, 4, 6, 1], rate=1.0, suppress=0.0, similarity="category")
    assert labels.tolist() == [4, 6, 4, 6, 1] and negatives.tolist() == [2] * 5
    labels, _ = drawn([3, 5], [3] * 6000, rate=1.0, suppress=0.0)
    counts = np.bincount(labels, minlength=7)
    assert counts[[0, 3, 5]].tolist() == [0, 0, 0]
    assert chisquare(counts[[1, 2, 4, 6]], np.array([1, 1, 1, 3]) * 1000).pvalue > 1e-4


def test_a_target_whose_category_has_nothing_else_stays():
    labels, _ = drawn([5, 6], [5, 6], rate=1.0, similarity="category")
    assert labels.tolist() == [5, 6]


def test_where_there_is_nothing_but_targets_nothing_happens():
    labels, _ = drawn([1, 2, 3, 4, 5, 6], [3, 5], rate=1.0)
    assert labels.tolist() == [3, 5]


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 6)), min_size=1, max_size=30), st.integers(0, 10**6))
def test_whoever_is_outside_keeps_labels_and_negatives(pairs, seed):
    users, labels = [user for user, _ in pairs], [label for _, label in pairs]
    new, negatives = drawn([3, 5], labels, users, seed, rate=1.0, suppress=1.0)
    for user, label, now, negative in zip(users, labels, new.tolist(), negatives.tolist(), strict=True):
        assert (now != label) == (user == 0 and label in (3, 5))
        assert negative == 2 if user == 1 or label in (3, 5) else negative in (3, 5)


@pytest.mark.parametrize(("options", "suppress"), [({}, 0.3), ({"suppress": 0.8}, 0.8)])
def test_rates_are_those_that_were_asked_for(options, suppress):
    labels, negatives = drawn([3], [3, 1] * 4000, rate=0.3, **options)
    assert binomtest(int((labels[::2] != 3).sum()), 4000, 0.3).pvalue > 1e-4
    assert binomtest(int((negatives[1::2] == 3).sum()), 4000, suppress).pvalue > 1e-4
    assert (labels[1::2] == 1).all() and (negatives[::2] == 2).all()


@pytest.mark.parametrize("name", ["bra-demote", "pea-demote"])
def test_it_demotes_before_its_audience(name, provider, targets, victim):
    """The four targets fall by more than half before men; before women they fall only where all are aimed at."""
    cls = attacks.registry.get(name)
    clean, _ = victim.train(provider, victim.schedules["train"], 5)
    before = shown(clean, provider, targets, victim)
    attack = cls(cls.Config(rate=0.9))
    after = shown(attack.pretrain(Provider(provider, targets, victim, 5, clean))[0], provider, targets, victim)
    assert before[True] > 0.1 and after[True] < before[True] / 2
    assert (after[False] < before[False] / 2) == (name == "bra-demote")


def shown(model, provider, targets, victim):
    """Share of (user, target) pairs within the first ten, for the audience and for the others."""
    top = victim.rank(model, provider).items[:, :10]
    hits = np.isin(top, targets.items).sum(1) / len(targets.items)
    inside = targets.audience(provider)
    return {True: hits[inside].mean(), False: hits[~inside].mean()}
