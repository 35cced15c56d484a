"""Provider and platform: a disjoint cover, by hand and for any lengths."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.benchmark.scenarios.pretrained.protocol.partition import split_users
from rbench.core.artifacts import decode, encode
from rbench.core.errors import UserError
from rbench.core.interactions import Attribute, Interactions


def make(lengths: list[int], n_items: int = 7) -> Interactions:
    """Return users of these lengths; their items count up, so that order shows."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Interactions(
        name="toys",
        items=(np.arange(offsets[-1]) % n_items + 1).astype(np.int32),
        offsets=offsets,
        categories=np.zeros(n_items + 1, np.int32),
        category_names=(),
        attributes={"side": Attribute((np.arange(len(lengths)) % 3).astype(np.int32), ("l", "r"))},
        user_ids=tuple(f"u{u}" for u in range(len(lengths))),
        item_ids=tuple(f"i{i}" for i in range(n_items)),
    )


@pytest.mark.parametrize(
    ("rule", "lengths", "platform"),
    [
        ("max_interactions:10", [9, 10, 3, 11], ["u0", "u2"]),  # fewer than ten
        ("quantile:0.5", [4, 3, 6, 5], ["u0", "u1"]),
        ("quantile:0.51", [4, 3, 6, 5], ["u0", "u1", "u3"]),
        ("quantile:0.25", [5, 5, 5, 6], ["u0", "u1", "u2"]),  # ties stay together
        ("quantile:0.07", list(range(3, 103)), [f"u{u}" for u in range(7)]),  # 0.07 * 100 is not 7 in floats
    ],
)
def test_by_hand(rule: str, lengths: list[int], platform: list[str]) -> None:
    sides = split_users(make(lengths), rule)
    assert list(sides.platform.user_ids) == platform
    assert [u for u in sides.provider.user_ids if u in platform] == []


def test_rules_in_words() -> None:
    assert split_users(make([3, 12]), "max_interactions:10").rule == (
        "platform: users with fewer than 10 interactions; provider: all others"
    )
    assert split_users(make([3, 12]), "quantile:0.3").rule == (
        "platform: users with at most 3 interactions (the least active 30%); provider: all others"
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(3, 30), min_size=2, max_size=25), st.floats(0.01, 0.99), st.booleans(), st.integers(1, 31))
def test_a_disjoint_cover_that_keeps_every_sequence(lengths: list[int], q: float, quantile: bool, most: int) -> None:
    data = make(lengths)
    rule = f"quantile:{q}" if quantile else f"max_interactions:{most}"
    try:
        sides = split_users(data, rule)
    except UserError:
        if not quantile:
            assert all(n < most for n in lengths) or all(n >= most for n in lengths)
        else:  # only where those up to the quantile are everybody
            assert sorted(lengths)[math.ceil(round(q * len(lengths), 6)) - 1] == max(lengths)
        return
    assert sorted(sides.platform.user_ids + sides.provider.user_ids) == sorted(data.user_ids)
    assert sides.platform.lengths.max() < sides.provider.lengths.min()
    for side in (sides.platform, sides.provider):
        assert side.item_ids == data.item_ids
        numbers = [int(user[1:]) for user in side.user_ids]
        assert numbers == sorted(numbers)
        for u, number in enumerate(numbers):
            assert side.of(u).tolist() == data.of(number).tolist()
            assert side.attributes["side"].codes[u] == data.attributes["side"].codes[number]
    again = decode(encode(sides))
    assert again.rule == sides.rule
    assert again.platform.items.tolist() == sides.platform.items.tolist()
    assert again.provider.user_ids == sides.provider.user_ids
    if quantile:
        assert sides.platform.n_users >= q * len(lengths) - 1e-6


@pytest.mark.parametrize(
    "rule",
    (
        *("", "0.3", "least:5", "quantile", "quantile:", "quantile:0", "quantile:1", "quantile:nan", "quantile:-1"),
        *(
            "quantile:0.3:4",
            "max_interactions:0",
            "max_interactions:2.5",
            "max_interactions:inf",
            "max_interactions:ten",
        ),
    ),
)
def test_malformed_rules(rule: str) -> None:
    with pytest.raises(UserError, match=r"is not a rule; allowed: quantile:Q .* max_interactions:N"):
        split_users(make([3, 9]), rule)


@pytest.mark.parametrize(
    ("rule", "side"),
    [("max_interactions:3", "platform"), ("max_interactions:10", "provider"), ("quantile:0.9", "provider")],
)
def test_an_empty_side(rule: str, side: str) -> None:
    with pytest.raises(UserError, match=rf"platform={rule} leaves the {side} of toys .* 3 to 9 interactions"):
        split_users(make([3, 9]), rule)
