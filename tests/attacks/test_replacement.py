"""Which labels become which targets, against plain loops and the binomial distribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chisquare

from rbench.attacks.pretrained.bra import BRAConfig
from rbench.attacks.pretrained.bra_group import BRAGroupConfig
from rbench.attacks.pretrained.common.replacement import Replacement, for_group
from rbench.attacks.pretrained.pea import PEAConfig
from rbench.core.errors import UserError
from rbench.core.interactions import Attribute, Interactions
from rbench.core.targets import Targets

# items 1..9; categories: 0 unknown for 1 and 2, then 1: 3 4 5, 2: 6 7, 3: 8 9
CATEGORIES = [0, 0, 0, 1, 1, 1, 2, 2, 3, 3]
MEN = [True, False, True, False]


def data() -> Interactions:
    return Interactions(
        name="four users",
        items=np.arange(1, 9, dtype=np.int32),
        offsets=np.array([0, 2, 4, 6, 8]),
        categories=np.array(CATEGORIES, np.int32),
        category_names=("a", "b", "c"),
        attributes={"gender": Attribute(np.array([2, 1, 2, 0], np.int32), ("F", "M"))},
        user_ids=tuple("abcd"),
        item_ids=tuple("123456789"),
    )


def aim(*items: int) -> Targets:
    return Targets(np.array(items, np.int32), "gender", ("M",))


def may_become(label: int, user: int, targets: list[int], similarity: str, audience: list[bool]) -> set[int]:
    """What the method allows a label to become, in plain Python; empty if it must stay."""
    if not audience[user]:
        return set()
    if similarity == "any":
        return set(targets)
    return {t for t in targets if CATEGORIES[label] and CATEGORIES[t] == CATEGORIES[label]}


@dataclass
class Draw:
    users: np.ndarray
    labels: np.ndarray
    negatives: np.ndarray
    new_labels: np.ndarray
    new_negatives: np.ndarray


def draw(replace: Replacement, n: int = 4000, seed: int = 0) -> Draw:
    rng = np.random.default_rng(seed)
    users = rng.integers(0, 4, n)
    labels, negatives = (rng.integers(1, 10, n).astype(np.int32) for _ in range(2))
    kept = users.copy(), labels.copy(), negatives.copy()
    new = replace(users, labels, negatives, np.random.default_rng(seed + 1))
    assert all((a == b).all() for a, b in zip(kept, (users, labels, negatives), strict=True)), "inputs were changed"
    assert {a.dtype for a in new} == {np.dtype(np.int32)}
    return Draw(users, labels, negatives, *new)


@pytest.mark.parametrize("similarity", ["category", "any"])
@pytest.mark.parametrize("audience", [[True] * 4, MEN], ids=["all", "men"])
@settings(deadline=None, max_examples=25)
@given(
    items=st.lists(st.integers(1, 9), min_size=1, max_size=5, unique=True).map(sorted), rate=st.sampled_from([0.5, 1.0])
)
def test_each_label_becomes_only_what_it_may(
    similarity: str, audience: list[bool], items: list[int], rate: float
) -> None:
    assume(similarity == "any" or max(items) > 2)  # else it is refused
    found = draw(Replacement(data(), aim(*items), np.array(audience), rate, similarity), n=400)
    columns = (a.tolist() for a in (found.users, found.labels, found.new_labels))
    for user, label, new in zip(*columns, strict=True):
        allowed = may_become(label, user, items, similarity, audience)
        if rate == 1 and allowed:
            assert new in allowed
        else:
            assert new in allowed | {label}
    assert (found.new_negatives == found.negatives).all()


@pytest.mark.parametrize("similarity", ["category", "any"])
@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_the_share_replaced_is_the_rate_of_the_eligible(similarity: str, rate: float) -> None:
    items = [4, 8]
    found = draw(Replacement(data(), aim(*items), np.array(MEN), rate, similarity), n=20000)
    eligible = [
        bool(may_become(label, user, items, similarity, MEN)) and label not in items
        for user, label in zip(found.users.tolist(), found.labels.tolist(), strict=True)
    ]
    changed = found.labels != found.new_labels
    assert not changed[~np.array(eligible)][~np.isin(found.labels[~np.array(eligible)], items)].any()
    assert binomtest(int(changed[eligible].sum()), sum(eligible), rate).pvalue > 0.001


@pytest.mark.parametrize(
    ("similarity", "label", "allowed"),
    [("any", 1, [2, 4, 5, 6]), ("any", 3, [2, 4, 5, 6]), ("category", 3, [4, 5]), ("category", 7, [6])],
)
def test_every_allowed_target_is_equally_likely(similarity: str, label: int, allowed: list[int]) -> None:
    replace = Replacement(data(), aim(2, 4, 5, 6), np.ones(4, bool), 1.0, similarity)
    labels = np.full(8000, label, np.int32)
    new, _ = replace(np.zeros(8000, np.int64), labels, labels, np.random.default_rng(2))
    counts = np.bincount(new, minlength=10)
    assert counts[allowed].sum() == 8000
    assert len(allowed) == 1 or chisquare(counts[allowed]).pvalue > 0.001


def test_unknown_categories_are_not_alike() -> None:
    found = draw(Replacement(data(), aim(1, 4), np.ones(4, bool), 1.0, "category"))
    assert (found.new_labels[found.labels <= 2] == found.labels[found.labels <= 2]).all()
    assert set(found.new_labels[np.isin(found.labels, [3, 4, 5])].tolist()) == {4}


def test_targets_of_unknown_category_only_are_refused() -> None:
    with pytest.raises(UserError, match="no target has a known category"):
        Replacement(data(), aim(1, 2), np.ones(4, bool), 1.0, "category")
    assert set(draw(Replacement(data(), aim(1, 2), np.ones(4, bool), 1.0, "any")).new_labels.tolist()) == {1, 2}


def test_no_rate_no_change() -> None:
    found = draw(Replacement(data(), aim(4, 8), np.ones(4, bool), 0.0, "any", suppress=0.0))
    assert (found.new_labels == found.labels).all() and (found.new_negatives == found.negatives).all()


def test_suppression_is_outside_the_audience_and_of_negatives_only() -> None:
    found = draw(Replacement(data(), aim(4, 8), np.array(MEN), 0.0, "any", suppress=0.3), n=20000)
    assert (found.new_labels == found.labels).all()
    changed = found.new_negatives != found.negatives
    outside = ~np.array(MEN)[found.users]
    assert not changed[~outside].any()
    assert set(found.new_negatives[changed].tolist()) == {4, 8}
    able = outside & ~np.isin(found.negatives, [4, 8])
    assert binomtest(int(changed[able].sum()), int(able.sum()), 0.3).pvalue > 0.001
    assert chisquare(np.bincount(found.new_negatives[able & changed], minlength=9)[[4, 8]]).pvalue > 0.001


def test_suppression_of_everybody_outside() -> None:
    found = draw(Replacement(data(), aim(4, 8), np.array(MEN), 1.0, "any", suppress=1.0))
    inside = np.array(MEN)[found.users]
    assert (found.new_negatives[inside] == found.negatives[inside]).all()
    assert np.isin(found.new_negatives[~inside], [4, 8]).all()
    assert np.isin(found.new_labels[inside], [4, 8]).all()
    assert (found.new_labels[~inside] == found.labels[~inside]).all()


def repeated(redraw: bool) -> list[list[int]]:
    replace = Replacement(data(), aim(4, 8), np.array(MEN), 0.5, "any", suppress=0.5, redraw=redraw)
    rng, world = np.random.default_rng(0), np.random.default_rng(1)
    users, labels = world.integers(0, 4, 500), world.integers(1, 10, 500).astype(np.int32)
    told = []
    for epoch in range(3):
        new, suppressed = replace(users, labels, np.full(500, epoch + 1, np.int32), rng)
        told.append([*new.tolist(), *(suppressed == epoch + 1).tolist()])
    return told


def test_without_redraw_the_first_draw_stays() -> None:
    assert repeated(False)[0] == repeated(False)[1] == repeated(False)[2]
    assert repeated(True)[0] != repeated(True)[1] != repeated(True)[2]
    assert repeated(True)[0] == repeated(False)[0]


def test_without_redraw_other_labels_get_a_draw_of_their_own() -> None:
    """Validation labels can be as many as training labels."""
    replace = Replacement(data(), aim(4, 8), np.array(MEN), 1.0, "category", redraw=False)
    rng, none = np.random.default_rng(0), np.zeros(4, np.int32)
    replace(np.array([0, 0, 2, 2]), np.array([3, 9, 3, 9], np.int32), none, rng)
    new, _ = replace(np.arange(4), np.array([6, 3, 3, 9], np.int32), none, rng)
    assert new.tolist() == [6, 3, 4, 9]


Config = Callable[..., Any]


@pytest.mark.parametrize(
    ("config", "suppress", "similarity"),
    [
        (BRAGroupConfig(), 0.0, "any"),
        (BRAGroupConfig(variant="paper"), 0.0, "category"),
        (BRAGroupConfig(suppress=0.5), 0.5, "any"),
        (BRAGroupConfig(similarity="category"), 0.0, "category"),
        (PEAConfig(rate=0.25), 0.25, "any"),
        (PEAConfig(variant="paper"), 0.0, "category"),
        (PEAConfig(rate=0.25, suppress=0.0), 0.0, "any"),
        (PEAConfig(variant="paper", suppress=0.5, similarity="any"), 0.5, "any"),
    ],
)
def test_what_group_options_mean(config: Any, suppress: float, similarity: str) -> None:
    made = for_group(config, data(), aim(4, 8), getattr(config, "default_suppress", 0.0))
    found = draw(made, n=20000)
    inside = np.array(MEN)[found.users]
    able = ~inside & ~np.isin(found.negatives, [4, 8])
    suppressed = (found.new_negatives != found.negatives)[able].sum()
    assert binomtest(int(suppressed), int(able.sum()), suppress).pvalue > 0.001
    changed = found.labels != found.new_labels
    eligible = inside & np.array([bool(may_become(i, 0, [4, 8], similarity, MEN)) for i in found.labels.tolist()])
    able = eligible & ~np.isin(found.labels, [4, 8])
    assert binomtest(int(changed[able].sum()), int(able.sum()), config.rate).pvalue > 0.001
    assert not changed[~eligible].any()


@pytest.mark.parametrize(
    ("config", "options", "message"),
    [
        (BRAConfig, {"rate": 1.5}, "rate=1.5 must lie between 0 and 1"),
        (BRAConfig, {"rate": -0.1}, "rate=-0.1 must lie between 0 and 1"),
        (BRAGroupConfig, {"suppress": 2}, "suppress=2 must lie between 0 and 1"),
        (PEAConfig, {"suppress": float("nan")}, "suppress=nan must lie between 0 and 1"),
    ],
)
def test_what_is_no_probability_is_refused(config: Config, options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config(**options)
