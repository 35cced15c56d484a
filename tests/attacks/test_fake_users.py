"""Fake users: their profiles by hand, what their makers know, and that they count in no validation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench import attacks
from rbench.attacks import Outsider
from rbench.attacks.fake_users.common.profiles import FakeUsersConfig, as_users, template
from rbench.core.config import configure
from rbench.core.errors import UserError

NAMES = ["fake-alternating", "fake-bandwagon", "fake-random", "fake-segment"]


def made(name, outsider, **options):
    cls = attacks.registry.get(name)
    return cls(configure(cls.Config, options, name)).profiles(outsider)


@pytest.fixture
def outsider():
    """Forty items, 1 the most popular; of category 1 are 1, 5, 9, ...; targets 5 and 6 are of categories 1 and 2."""
    items = np.arange(41)
    return Outsider(np.where(items, 100 - items, 0), np.where(items, (items - 1) % 4 + 1, 0), np.array([5, 6]), 8, 3)


def test_four_templates_and_a_generator_are_there():
    found = [n for n in attacks.registry.names() if issubclass(attacks.registry.get(n), attacks.FakeUserAttack)]
    assert found == [*NAMES, "seqpoison"]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fake-alternating"])
def test_a_template_has_every_item_once_and_no_target_first(name, outsider):
    profiles = made(name, outsider, length=12)
    assert len(profiles) == 8 and len({p.tobytes() for p in profiles}) == 8
    for profile in profiles:
        assert len(profile) == len({*profile.tolist()}) == 12
        assert {5, 6} <= {*profile.tolist()} and profile[0] not in (5, 6)


def test_half_of_a_bandwagons_filler_is_popular(outsider):
    for profile in made("fake-bandwagon", outsider, length=12, popular=0.2):
        # A fifth of 38 items: 1, 2, 3, 4, 7, 8, 9, 10.
        assert len({1, 2, 3, 4, 7, 8, 9, 10} & {*profile.tolist()}) >= 5


def test_half_of_a_segments_filler_is_popular_in_the_targets_categories(outsider):
    for profile in made("fake-segment", outsider, length=12, popular=0.3):
        # Of categories 1 and 2 are 1, 2, 9, 10, 13, 14, ...: 18 items, of which the best 30% are five.
        assert {1, 2, 9, 10, 13} <= {*profile.tolist()}
    unknown = replace(outsider, categories=np.zeros(41, int))
    assert all({1, 2} <= {*p.tolist()} for p in made("fake-segment", unknown, length=12, popular=0.05))


def test_every_second_item_of_an_alternating_user_is_a_target(outsider):
    for profile in made("fake-alternating", outsider, length=20):
        assert len(profile) == 20 and np.isin(profile[1::2], [5, 6]).all() and not np.isin(profile[::2], [5, 6]).any()


@given(st.integers(1, 9), st.integers(0, 12), st.integers(1, 40), st.integers(0, 10**6))
def test_templates_of_any_size_have_the_length_that_there_is(targets, selected, length, seed):
    items = np.arange(1, 31)
    aims, others = items[:targets], items[targets:]
    profile = template(aims, others[:selected], others, length, np.random.default_rng(seed))
    assert len(profile) == len({*profile.tolist()}) == targets + min(max(length - targets, 1), len(others))
    assert {*aims.tolist()} <= {*profile.tolist()} and profile[0] not in aims


@pytest.mark.parametrize(("share", "users", "fakes"), [(0.01, 653, 6), (0.03, 653, 19), (0.29, 100, 29), (1, 7, 7)])
def test_the_number_of_fake_users_is_a_share_rounded_down(share, users, fakes):
    assert FakeUsersConfig(share=share).number("a", users) == fakes


def test_a_share_that_is_nobody_is_refused_and_the_least_one_is_named():
    with pytest.raises(UserError, match=r"a\.share=0\.01 of 42 users is no fake user; .* is 0\.024\.$"):
        FakeUsersConfig().number("a", 42)
    assert FakeUsersConfig(share=0.024).number("a", 42) == 1


@pytest.mark.parametrize("profiles", [[], [np.array([], int)], [np.array([0])], [np.array([1]), np.array([10**6])]])
def test_profiles_that_are_none_are_refused(provider, profiles):
    with pytest.raises(ValueError, match="each fake user's profile"):
        as_users(profiles, provider)


def test_fake_users_are_learned_whole_and_held_out_from_nothing(provider, victim, monkeypatch):
    from rbench.models.sequential.training import fit

    seen, examples = [], fit.examples
    monkeypatch.setattr(fit, "examples", lambda net, data, *rest: seen.append(data) or examples(net, data, *rest))
    ranked, rank = [], fit.rank
    monkeypatch.setattr(fit, "rank", lambda *args, **rest: ranked.append(args[2].n_users) or rank(*args, **rest))
    fakes = as_users([np.array([1, 2, 3]), np.array([4])], provider)
    schedule = replace(victim.schedules["train"], epochs=3)
    victim.train(provider, schedule, 0, also=fakes)
    (train,) = seen
    assert train.n_users == provider.n_users + 2
    assert train.of(provider.n_users).tolist() == [1, 2, 3] and train.of(provider.n_users + 1).tolist() == [4]
    assert [train.of(u).tolist() for u in range(5)] == [provider.of(u)[:-2].tolist() for u in range(5)]
    assert {*ranked} == {int((provider.lengths >= 3).sum())}


def test_whoever_registers_fake_users_sees_no_user_and_no_model(attack, provider, targets):
    seen = []

    class Spy(attacks.registry.get("fake-random")):
        def profiles(self, outsider):
            seen.append(outsider)
            return super().profiles(outsider)

    from rbench.attacks import Provider

    class Victim:
        schedules = {"train": None}

        def train(self, data, schedule, seed, also):
            assert data is provider
            return None, {}

    Spy(Spy.Config(share=0.1)).pretrain(Provider(provider, targets, Victim(), 5, None))
    (outsider,) = seen
    assert {*vars(outsider)} == {"popularity", "categories", "targets", "users", "seed", "histories"}
    assert outsider.histories == ()
    assert all(getattr(outsider, name).base is None for name in ("popularity", "categories", "targets"))
    np.testing.assert_array_equal(outsider.popularity, np.bincount(provider.items, minlength=provider.n_items + 1))
