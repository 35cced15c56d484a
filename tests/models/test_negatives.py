"""Negatives are uniform over what a user never touched."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from rbench.core.interactions import Interactions
from rbench.models.sequential.training.negatives import NegativeSampler

Build = Callable[..., Interactions]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.integers(1, 5), max_size=8), min_size=1, max_size=6).filter(any), st.integers(0, 99))
def test_never_an_own_item_unless_there_is_no_other(build: Build, sequences: list[list[int]], seed: int) -> None:
    users = np.repeat(np.arange(len(sequences)), 20)
    drawn = NegativeSampler(build(sequences, 5)).draw(users, np.random.default_rng(seed))
    assert drawn.dtype == np.int32 and drawn.shape == users.shape
    for user, item in zip(users.tolist(), drawn.tolist(), strict=True):
        assert 1 <= item <= 5
        assert item not in sequences[user] or len(set(sequences[user])) == 5


def test_uniform_over_the_rest(build: Build) -> None:
    own = [[1, 2, 5, 5], [8], [], list(range(1, 9))]
    users = np.tile(np.arange(4), 4000)
    drawn = NegativeSampler(build(own, 8)).draw(users, np.random.default_rng(0))
    for user, items in enumerate(own):
        rest = [i for i in range(1, 9) if i not in items] or items  # who has everything gets anything
        counts = np.bincount(drawn[users == user], minlength=9)
        assert counts.sum() == counts[rest].sum() == 4000
        assert len(rest) == 1 or chisquare(counts[rest]).pvalue > 0.01


def test_users_with_one_item_left_get_it(build: Build) -> None:
    drawn = NegativeSampler(build([[1, 2, 4]] * 50, 4)).draw(np.arange(50), np.random.default_rng(1))
    assert set(drawn.tolist()) == {3}


def test_draws_come_from_the_generator_alone(build: Build) -> None:
    sampler = NegativeSampler(build([[1, 2], [3]], 9))
    users = np.repeat([0, 1], 50)
    first, again, other = (sampler.draw(users, np.random.default_rng(s)).tolist() for s in (3, 3, 4))
    assert first == again != other


def test_without_any_interaction(build: Build) -> None:
    drawn = NegativeSampler(build([[], []], 3)).draw(np.zeros(0, np.int64), np.random.default_rng(0))
    assert drawn.shape == (0,)
