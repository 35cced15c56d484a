"""SeqPoison: its losses by hand, its parts against slow plain ones, and what it reads of real users."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench import attacks
from rbench.attacks import Outsider
from rbench.attacks.fake_users.common.profile_writer import Effort, Generator, ProfileWriter, combined, rows
from rbench.attacks.fake_users.common.profiles import readable
from rbench.attacks.fake_users.seqpoison import once
from rbench.core.config import configure
from rbench.core.errors import UserError

ITEMS, LONGEST = 20, 8
TARGETS = np.array([19, 20], np.int32)


@pytest.fixture(autouse=True)
def _drawn():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def walks(users=48, seed=0):
    """Users who go from an item of 1 to 18 to the next ones, in a circle."""
    rng = np.random.default_rng(seed)
    return tuple((rng.integers(18) + np.arange(rng.integers(4, LONGEST + 1))) % 18 + 1 for _ in range(users))


def writer(epochs=1, rounds=0, weights=(0.2, 0.3, 0.5), histories=None, seed=0):
    rng = np.random.default_rng(seed)
    return ProfileWriter(histories or walks(), TARGETS, ITEMS, LONGEST, Effort(epochs, rounds, weights), rng)


def outsider(**changes):
    items = np.arange(ITEMS + 1)
    made = Outsider(np.where(items, 30 - items, 0), np.where(items, 1, 0), TARGETS, 5, 3, walks())
    return replace(made, **changes)


def made(out, **options):
    cls = attacks.registry.get("seqpoison")
    settings_ = {"length": LONGEST, "epochs": 2, "rounds": 3, **options}
    return cls(configure(cls.Config, settings_, "seqpoison")).profiles(out)


def test_the_generators_loss_by_hand():
    """It wrote item 1, then the end; at the first place it is pushed to item 2."""
    chances = torch.tensor([[[0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8]]])
    written, wanted = torch.tensor([[1, 0, 0]]), torch.tensor([[2, 2, 2]])
    away = torch.tensor([[True, False, False]])
    loss = combined(
        chances.log(), written, wanted, away, torch.tensor([0.4]), torch.tensor([0.1]), weights=(0.2, 0.3, 0.5)
    )
    own, pushed = -math.log(0.5 * 0.6), -math.log(0.3 * 0.6)
    assert float(loss) == pytest.approx(0.2 * pushed + (0.3 * 0.4 + 0.5 * 0.1) * own, abs=1e-6)


def test_likelihood_is_that_of_reading_item_after_item():
    generator, histories = Generator(ITEMS), rows(walks(4), LONGEST)
    found = generator.log_likelihood(histories)
    for row, history in enumerate(histories):
        state, last = None, torch.zeros(1, 1, dtype=torch.long)
        for place in range(LONGEST):
            hidden, state = generator.gru(generator.embeddings(last), state)
            expected = F.log_softmax(generator.out(hidden[0, 0]), 0)
            assert torch.allclose(found[row, place], expected, atol=1e-5)
            last = history[place].reshape(1, 1)


def test_what_is_written_follows_the_likelihood_and_ends_for_good():
    generator = Generator(3)
    with torch.no_grad():
        generator.out.weight.zero_()
        generator.out.bias.copy_(torch.tensor([0.1, 0.2, 0.3, 0.4]).log())
    written = generator.write(4000, 3)
    first = torch.bincount(written[:, 0], minlength=4) / 4000
    assert torch.allclose(first, torch.tensor([0.1, 0.2, 0.3, 0.4]), atol=0.03)
    ended = written[:, 0] == 0
    assert ended.any() and not written[ended].any()
    assert float((written[:, 2] > 0).float().mean()) == pytest.approx(0.9**3, abs=0.03)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_a_segment_and_what_is_around_it_make_the_history(seed):
    one = writer()
    one.rng = np.random.default_rng(seed)
    mine, others = one.real[:16], one.real[16:32]
    around, segments = one.pairs(mine, others)
    hidden = around[:16] == ITEMS + 1
    assert torch.equal(around[:16], around[16:])
    assert torch.equal(torch.where(hidden, segments[:16], around[:16]), mine)
    assert torch.equal(segments[16:][hidden], others[hidden]) and bool((others[hidden] > 0).all())
    shown = (segments != ITEMS + 1) & (segments > 0)
    assert torch.equal(shown[:16], hidden) and torch.equal(shown[16:], hidden)
    shorter = torch.minimum((mine > 0).sum(1), (others > 0).sum(1))
    sizes = hidden.sum(1)
    assert bool(((sizes >= 1) & (sizes <= torch.clamp(shorter // 2, min=1))).all())
    joined = hidden.int().diff(dim=1, prepend=torch.zeros(16, 1, dtype=torch.int))
    assert bool(((joined == 1).sum(1) == 1).all())


def test_each_part_learns_what_it_is_for():
    learned = writer(epochs=40)
    fresh = rows(walks(64, seed=9), LONGEST)
    log, ends = learned.generator.log_likelihood(fresh).detach(), (fresh > 0).sum(1)
    after = log[:, 1:].gather(2, fresh[:, 1:, None])[..., 0][fresh[:, 1:] > 0]
    assert int(ends.min()) >= 4 and float(after.exp().mean()) > 0.5  # by chance 1 of 21
    around, segments = learned.pairs(fresh, fresh.roll(1, 0))
    odds = learned.contexts(around, segments)
    assert float((odds[:64] > odds[64:]).float().mean()) > 0.7
    noise = torch.randint(1, 19, fresh.shape) * (fresh > 0)
    with torch.no_grad():
        real, random = learned.discriminator(fresh), learned.discriminator(noise)
    assert float(real.mean()) > float(random.mean())


def test_it_stops_when_half_of_what_it_writes_holds_a_target():
    pushed, left = writer(60, 100), writer(60, 10, weights=(0.0, 0.3, 0.5))
    share = [
        float(torch.isin(w.generator.write(1000, LONGEST), w.targets).any(1).float().mean()) for w in (pushed, left)
    ]
    assert 1 < pushed.rounds < 100 and left.rounds == 10
    assert share[0] > 0.35 and share[1] < 0.1


def test_profiles_hold_a_target_and_no_item_twice_as_real_users_do():
    profiles = made(outsider())
    assert len(profiles) == 5
    for profile in profiles:
        assert np.isin(profile[1:], TARGETS).any() and len({*profile.tolist()}) == len(profile) <= LONGEST + 1
        assert profile.min() >= 1 and profile.max() <= ITEMS


def test_where_real_users_repeat_items_fake_ones_may():
    again = tuple(np.tile(items[:2], 4) for items in walks())
    profiles = made(outsider(histories=again, users=30), epochs=30, push=0.0)
    assert any(len({*profile.tolist()}) < len(profile) for profile in profiles)


def test_if_no_target_is_written_one_is_put_in(monkeypatch):
    monkeypatch.setattr(Generator, "write", lambda self, number, longest: torch.ones(number, longest, dtype=torch.long))
    for profile in made(outsider(), rounds=0):
        assert profile[0] == 1 and len(profile) == 2 and profile[1] in TARGETS
    monkeypatch.setattr(Generator, "write", lambda self, number, longest: torch.zeros(number, longest).long())
    for profile in made(outsider(), rounds=0):
        assert profile[0] not in TARGETS and profile[1] in TARGETS


def test_two_seeds_differ_and_one_agrees():
    one, same, other = made(outsider()), made(outsider()), made(outsider(seed=4))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_nobody_to_read_is_told():
    with pytest.raises(UserError, match="no user has a history that can be read"):
        made(outsider(histories=()))


def test_what_can_be_read_are_histories_without_what_is_held_out(provider):
    everybody = readable(provider, 1.0, 0)
    known = [provider.of(u)[:-2] for u in range(provider.n_users) if len(provider.of(u)) > 2]
    assert len(everybody) == len(known) and all(np.array_equal(a, b) for a, b in zip(everybody, known, strict=True))
    assert all(items.base is None for items in everybody)
    half, other = readable(provider, 0.5, 0), readable(provider, 0.5, 1)
    assert len(half) == round(len(known) / 2) and [*map(bytes, half)] != [*map(bytes, other)]
    assert readable(provider, 0.0, 0) == () and len(readable(provider, 1e-6, 0)) == 1


def test_once_keeps_the_first_of_each():
    assert once(np.array([3, 1, 3, 2, 1])).tolist() == [3, 1, 2]
