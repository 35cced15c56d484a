"""Splits lose nothing, and negatives are uniform over what a client doesn't have."""

from __future__ import annotations

import numpy as np
import pytest

from rbench.models.federation.clients import Negatives, among, distinct, interleave, lists, split
from rbench.models.federation.settings import FederationConfig


def of(listed, user):
    return listed.items[listed.offsets[user] : listed.offsets[user + 1]].tolist()


@pytest.mark.parametrize("kind", ["tail", "random"])
def test_the_split_loses_nothing(small, kind) -> None:
    train, test = split(small, FederationConfig(split=kind), np.random.default_rng(1))
    for user in range(small.n_users):
        whole = small.of(user).tolist()
        assert len(of(test, user)) == len(whole) // 5
        assert sorted(of(train, user) + of(test, user)) == sorted(whole)
        if kind == "tail":
            assert of(train, user) + of(test, user) == whole


def test_a_random_split_is_another_one_and_is_drawn_by_seed(interactions) -> None:
    data = interactions([list(range(1, 51))], 50)
    one, two, other = (split(data, FederationConfig(split="random"), np.random.default_rng(s))[1] for s in (1, 1, 2))
    assert of(one, 0) == of(two, 0) != of(other, 0)
    assert of(one, 0) != list(range(41, 51))


@pytest.mark.parametrize("n", [5, 15, 35, 55, 70, 2315])
def test_a_fifth_is_a_fifth(interactions, n) -> None:
    """0.2 times a multiple of 5 may fall just short of the whole number."""
    _, test = split(interactions([[1] * n], 3), FederationConfig(), np.random.default_rng(0))
    assert test.lengths.tolist() == [n // 5]


def test_negatives(small) -> None:
    train, _ = split(small, FederationConfig(), np.random.default_rng(0))
    drawn = Negatives(train, small.n_items).draw(4, np.random.default_rng(0))
    for user in range(small.n_users):
        own = set(of(train, user))
        assert not own & set(of(drawn, user))
        assert all(1 <= i <= small.n_items for i in of(drawn, user))
        assert len(of(drawn, user)) == (0 if len(own) == small.n_items else 4 * len(of(train, user)))


def test_negatives_are_uniform() -> None:
    positives = lists(np.repeat([2, 3, 7], 5000), np.array([0, 15000]))
    drawn = Negatives(positives, 8).draw(2, np.random.default_rng(0))
    counts = np.bincount(drawn.items, minlength=9)
    assert counts[[0, 2, 3, 7]].tolist() == [0, 0, 0, 0]
    assert np.abs(counts[[1, 4, 5, 6, 8]] - 6000).max() < 5 * np.sqrt(6000)


def test_positives_stand_before_negatives() -> None:
    positives, negatives = lists(np.array([1, 2, 3]), np.array([2, 0, 1])), lists(np.array([7, 8]), np.array([1, 0, 1]))
    samples, labels = interleave(positives, negatives)
    assert samples.items.tolist() == [1, 2, 7, 3, 8] and labels.tolist() == [1, 1, 0, 1, 0]
    assert samples.lengths.tolist() == [3, 0, 2]


def test_distinct_and_among() -> None:
    codes = np.random.default_rng(0).integers(0, 50, 40)
    assert distinct(codes).tolist() == sorted(set(codes.tolist())) and len(distinct(codes[:0])) == 0
    assert among(np.arange(50), distinct(codes)).tolist() == [i in codes for i in range(50)]
    assert not among(codes, codes[:0]).any()
