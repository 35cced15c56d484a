"""What detectors compute, against slow loops over users and numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbench.core.config import configure
from rbench.core.errors import UserError
from rbench.defenses import Deployed, registry
from rbench.defenses.pretrained.combined import Combined
from rbench.defenses.pretrained.common import inspection as looking
from rbench.defenses.pretrained.common.inspection import Inspection
from rbench.defenses.pretrained.common.outliers import Outliers, found_by
from rbench.defenses.pretrained.common.residuals import residual_z
from rbench.models.sequential.replay import lack, replay

Make = Callable[..., Deployed]


def detector(name: str, **options: object) -> Any:
    cls = registry.get(name)
    return cls(configure(cls.Config, options, name))


def standardised(scores: np.ndarray) -> np.ndarray:
    items = scores[1:].astype(np.float64)
    return np.concatenate([[0], (items - items.mean()) / items.std()])


def scores_of(look: Inspection, user: int, prompt: Any = "own") -> np.ndarray:
    return next(iter(look.model.scores(look.users.take(np.array([user])), prompt)))[0]


@pytest.mark.parametrize("prompt", ["own", "none"])
def test_mean_scores_are_means_of_standardised_scores(platform: Make, prompt: Any) -> None:
    look = Inspection(platform(prompts=True))
    by_hand = np.mean([standardised(scores_of(look, u, prompt)) for u in range(look.users.n_users)], 0)
    np.testing.assert_allclose(look.mean_scores(prompt), by_hand, rtol=1e-4, atol=1e-5)


def test_test_items_are_left_out(platform: Make) -> None:
    data = platform().data
    look = Inspection(platform())
    assert look.popularity.sum() == len(data.items) - data.n_users
    assert look.users.lengths.tolist() == (data.lengths - 1).tolist()


def test_of_many_users_some_are_looked_at(platform: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "USERS", 30)
    one, two = Inspection(platform()), Inspection(platform())
    assert one.users.n_users == 30 and one.users.user_ids == two.users.user_ids
    assert set(one.users.user_ids) < set(platform().data.user_ids)
    assert one.popularity.sum() == len(platform().data.drop_last(1).items)


def test_groups_are_values_of_attributes_that_neither_too_few_nor_nearly_all_have(
    platform: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "LEAST", 12)
    look = Inspection(platform(prompts=True))
    expected, n_users = {}, look.users.n_users
    for name, attribute in look.users.attributes.items():
        for code, value in enumerate(attribute.values, 1):
            inside = attribute.codes == code
            if 12 <= inside.sum() <= n_users - 12:
                expected[f"{name}:{value}"] = inside
    assert expected
    rows = np.array([standardised(scores_of(look, user)) for user in range(n_users)])
    found = look.group_scores
    assert [name for name, _, _ in found] == list(expected)
    for name, inside, outside in found:
        np.testing.assert_allclose(inside, rows[expected[name]].mean(0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(outside, rows[~expected[name]].mean(0), rtol=1e-4, atol=1e-5)


def test_alignment_is_the_largest_z_over_everybody_and_groups(platform: Make) -> None:
    look = Inspection(platform(prompts=True))
    groups = [residual_z(inside, look.popularity) for _, inside, _ in look.group_scores]
    alone = detector("alignment").outliers(look).z
    np.testing.assert_array_equal(alone, residual_z(look.own_scores, look.popularity))
    np.testing.assert_array_equal(detector("alignment", by_group=True).outliers(look).z, np.max([alone, *groups], 0))


def test_prompts_can_only_raise_the_values_that_the_probe_judges(platform: Make) -> None:
    look = Inspection(platform(prompts=True))
    values = [look.mean_scores(p) for p in look.random_prompts(3)]
    assert len(values) == 3 and np.abs(values[0] - values[1]).max() > 1e-3
    expected = residual_z(np.max([*values, look.own_scores], 0), look.popularity)
    np.testing.assert_array_equal(detector("prompt-probe", prompts=3).outliers(look).z, expected)
    bare = residual_z(np.max(values, 0), look.popularity)
    np.testing.assert_array_equal(detector("prompt-probe", prompts=3, own=False).outliers(look).z, bare)


def test_the_history_probe_takes_a_quantile_over_histories_of_one_item(platform: Make) -> None:
    look = Inspection(platform(prompts=True))
    made = look.users.fake_users([np.array([i], np.int32) for i in range(1, look.model.n_items + 1)])
    rows = np.concatenate(list(look.model.scores(made, "none")))
    level = np.quantile([standardised(row) for row in rows], 0.75, axis=0)
    found = detector("history-probe", quantile=0.75).outliers(look).z
    np.testing.assert_allclose(found, residual_z(level, look.popularity), rtol=1e-3, atol=1e-3)


def test_popularity_judges_the_log_of_the_mean_reciprocal_rank(platform: Make) -> None:
    look = Inspection(platform())
    n_items = look.model.n_items
    reciprocal = np.zeros(n_items + 1)
    for user in range(look.users.n_users):
        scores = scores_of(look, user)
        for rank, item in enumerate(sorted(range(1, n_items + 1), key=lambda i: (-scores[i], i)), 1):
            reciprocal[item] += 1 / rank
    values = np.concatenate([[0], np.log(reciprocal[1:] / look.users.n_users)])
    found = detector("popularity").outliers(look).z
    np.testing.assert_allclose(found, residual_z(values, look.popularity), rtol=1e-6, atol=1e-6)


def test_the_log_is_replayed_user_by_user(platform: Make) -> None:
    look = Inspection(platform())
    shown, taken = replay(look.model, look.users, 3)
    expected_shown, expected_taken = (np.zeros(look.model.n_items + 1, int) for _ in range(2))
    for user in range(look.users.n_users):
        items, seen_by_user, took = look.users.of(user), set(), set()
        for n in range(1, len(items)):
            history = look.users.fake_users([items[:n]])
            scores = next(iter(look.model.scores(history)))[0]
            left = [i for i in range(1, len(scores)) if i not in items[:n]]
            seen_by_user |= set(sorted(left, key=lambda i: -scores[i])[:3])
            if items[n] in seen_by_user:
                took.add(int(items[n]))
        expected_shown[list(seen_by_user)] += 1
        expected_taken[list(took)] += 1
    assert expected_taken.sum() > 0
    # Near-ties may fall either way in another batch.
    assert np.abs(shown - expected_shown).sum() <= 2 and np.abs(taken - expected_taken).sum() <= 2


def test_what_nobody_takes_lacks_acceptance() -> None:
    """Of 30 items shown to 50 users each about 15 take; an item that none of 50 takes stands out, one of 2 does not."""
    rng = np.random.default_rng(0)
    shown = np.array([50] * 30 + [50, 2])
    taken = np.array([*rng.binomial(50, 0.3, 30), 0, 0])
    z = lack(shown, taken)
    assert z.argmax() == 30 and z[30] > 3.5
    assert z[31] < 1 and (z >= 0).all()


def test_acceptance_raises_as_many_false_alarms_as_it_says() -> None:
    """On data of its own model, half an alarm is expected a run."""
    rng = np.random.default_rng(1)
    alarms = []
    for _ in range(40):
        shown = rng.integers(10, 200, 60)
        taken = rng.binomial(shown, rng.beta(2, 8, 60))
        z = lack(shown, taken)
        alarms.append(int((z > 2.3940).sum()))  # the normal quantile of 1 - 0.5 / 60
    assert 5 <= sum(alarms) <= 40, "20 are expected"


def test_items_shown_to_few_are_not_tested(platform: Make) -> None:
    look = Inspection(platform())
    shown, _ = replay(look.model, look.users, 10)
    least = int(np.median(shown[shown > 0]))
    found = detector("acceptance", least=least).outliers(look)
    assert found.z.any() and not found.z[shown < least].any()
    nothing = detector("acceptance", least=10**6).outliers(look)
    assert not nothing.z.any() and not nothing.detection.flagged.any()


def test_the_combination_is_the_largest_on_a_common_scale(platform: Make) -> None:
    look = Inspection(platform(prompts=True))
    history, groups = detector("history-probe").outliers(look), detector("group-contrast").outliers(look)
    found = detector("combined", members=["history-probe", "group-contrast"], history=0.5).outliers(look)
    scaled = np.array([0.5 * history.z, groups.z * 3.5 / groups.cut])
    np.testing.assert_allclose(found.z, scaled.max(0), rtol=1e-12)
    assert found.cut == 3.5
    alone = detector("combined", members=["group-contrast"]).outliers(look)
    np.testing.assert_array_equal(alone.detection.flagged, groups.detection.flagged)
    by_group = detector("combined", members=["alignment"]).outliers(look)
    np.testing.assert_array_equal(by_group.z, detector("alignment", by_group=True).outliers(look).z)


def test_scores_without_a_cut_flag_nothing_in_the_combination() -> None:
    assert not Outliers(np.array([0.0, 5.0]), np.inf).scaled.any()


@pytest.mark.parametrize("members", ["", "kmeans", "prompt-probe+alignmnt"])
def test_unknown_members_are_refused(members: str) -> None:
    with pytest.raises(UserError):
        configure(Combined.Config, {"members": members}, "combined")


def test_users_without_attributes_have_no_groups(platform: Make) -> None:
    from dataclasses import replace

    handed = platform()
    bare = replace(handed, data=replace(handed.data, attributes={}))
    found = detector("group-contrast").detect(bare)
    assert not found.scores.any() and not found.flagged.any()
    assert detector("combined").detect(bare).scores.any()


def test_logs_tell_the_threshold_and_by_what_items_were_found(platform: Make) -> None:
    held = platform(prompts=True)
    look = Inspection(held)
    found = detector("prompt-probe", prompts=3).detect(held)
    assert found.log["threshold"] == 3.5
    values = {f"random {n}": look.mean_scores(p) for n, p in enumerate(look.random_prompts(3), 1)}
    values["own"] = look.own_scores
    by_hand: dict[str, int] = {}
    for item in np.flatnonzero(found.flagged):
        best = max(values, key=lambda name: values[name][item])
        by_hand[best] = by_hand.get(best, 0) + 1
    assert found.flagged.any() and found.log["prompts"] == by_hand
    members = detector("combined").detect(held).log["members"]
    assert sum(members.values()) == detector("combined").detect(held).flagged.sum()
    assert detector("acceptance", least=10**6).detect(held).log == {"threshold": None, "tested": 0}
    assert detector("kmeans").inputs and "groups" in detector("alignment", by_group=True).detect(held).log


def test_nothing_is_found_by_nothing() -> None:
    values = {"a": np.array([9.0, 1, 2]), "b": np.array([9.0, 2, 1])}
    assert found_by(values, np.array([False, True, True])) == {"a": 1, "b": 1}
    assert found_by(values, np.array([False, False, True])) == {"a": 1}
    assert found_by(values, np.zeros(3, bool)) == found_by({}, np.zeros(3, bool)) == {}
