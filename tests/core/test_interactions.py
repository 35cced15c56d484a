"""Parts of a data set agree with lists of lists, and share no memory with the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.core.interactions import Attribute, Interactions
from rbench.core.targets import Targets

N_ITEMS = 6
Lists = list[list[int]]


def build(sequences: Lists, codes: list[int] | None = None) -> Interactions:
    codes = [u % 3 for u in range(len(sequences))] if codes is None else codes
    return Interactions(
        name="lists",
        items=np.array([i for s in sequences for i in s], np.int32),
        offsets=np.cumsum([0, *map(len, sequences)]).astype(np.int64),
        categories=np.array([0, 1, 2, 1, 2, 1, 0], np.int32),
        category_names=("odd", "even"),
        attributes={"side": Attribute(np.array(codes, np.int32), ("left", "right"))},
        user_ids=tuple(f"user {u}" for u in range(len(sequences))),
        item_ids=tuple("abcdef"),
        info={"source": "lists"},
    )


def lists(data: Interactions) -> Lists:
    return [data.of(u).tolist() for u in range(data.n_users)]


sequences = st.lists(st.lists(st.integers(1, N_ITEMS), max_size=7), min_size=1, max_size=6)


@st.composite
def with_users(draw: Any) -> tuple[Lists, list[int]]:
    given_ = draw(sequences)
    return given_, draw(st.lists(st.integers(0, len(given_) - 1), max_size=8))


@settings(deadline=None)
@given(sequences)
def test_views(given_: Lists) -> None:
    data = build(given_)
    assert lists(data) == given_
    assert (data.n_users, data.n_items) == (len(given_), N_ITEMS)
    assert data.lengths.tolist() == [len(s) for s in given_]
    assert data.users.tolist() == [u for u, s in enumerate(given_) for _ in s]
    assert data.item_counts().tolist() == [sum(s.count(i) for s in given_) for i in range(N_ITEMS + 1)]


@settings(deadline=None)
@given(with_users())
def test_take(case: tuple[Lists, list[int]]) -> None:
    given_, users = case
    taken = build(given_).take(np.array(users, np.int64))
    assert lists(taken) == [given_[u] for u in users]
    assert taken.user_ids == tuple(f"user {u}" for u in users)
    assert taken.attributes["side"].codes.tolist() == [u % 3 for u in users]
    assert taken.n_items == N_ITEMS and taken.categories.tolist() == build(given_).categories.tolist()
    assert (taken.items.dtype, taken.offsets.dtype) == (np.int32, np.int64)


@settings(deadline=None)
@given(sequences, st.integers(0, 8))
def test_drop_last(given_: Lists, n: int) -> None:
    data = build(given_)
    dropped = data.drop_last(n)
    assert lists(dropped) == [s[: max(len(s) - n, 0)] for s in given_]
    assert (dropped.user_ids, dropped.n_items) == (data.user_ids, N_ITEMS)
    assert (dropped.items.dtype, dropped.offsets.dtype) == (np.int32, np.int64)
    assert lists(data) == given_


@settings(deadline=None)
@given(st.lists(sequences, min_size=1, max_size=3))
def test_concat(parts: list[Lists]) -> None:
    data = [replace(build(part), user_ids=tuple(f"{k}-{u}" for u in range(len(part)))) for k, part in enumerate(parts)]
    whole = data[0].concat(*data[1:])
    assert lists(whole) == [sequence for part in parts for sequence in part]
    assert whole.user_ids == tuple(f"{k}-{u}" for k, part in enumerate(parts) for u in range(len(part)))
    assert whole.attributes["side"].codes.tolist() == [u % 3 for part in parts for u in range(len(part))]
    assert whole.attributes["side"].values == ("left", "right")
    assert (whole.items.dtype, whole.offsets.dtype) == (np.int32, np.int64)
    assert whole.item_counts().tolist() == sum(part.item_counts() for part in data).tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"item_ids": tuple("abcdeg")}, "lists and other differ in item_ids; take the same vocabulary"),
        ({"category_names": ("odd", "others")}, "differ in category_names"),
        ({"categories": np.zeros(7, np.int32)}, "differ in their items' categories"),
        ({"attributes": {}}, "differ in their users' attributes"),
        ({"attributes": {"side": Attribute(np.array([1], np.int32), ("left",))}}, "attributes or their values"),
        ({"user_ids": ("user 1",)}, "user 'user 1' occurs twice; give fake users ids of their own"),
    ],
)
def test_what_does_not_fit_is_not_concatenated(changes: dict[str, Any], message: str) -> None:
    data = build([[1, 2], [3]])
    other = replace(data.take(np.array([0])), **{"name": "other", "user_ids": ("new",), **changes})
    with pytest.raises(ValueError, match=message):
        data.concat(other)


def arrays(data: Interactions) -> list[np.ndarray]:
    own = [data.items, data.offsets, data.categories, *(a.codes for a in data.attributes.values())]
    return own + [base for a in own if isinstance(base := a.base, np.ndarray)]


@pytest.mark.parametrize(
    "part",
    [
        lambda data: data.take(np.array([0, 1, 2])),
        lambda data: data.take(np.array([1])),
        lambda data: data.drop_last(0),
        lambda data: data.drop_last(1),
        lambda data: data.concat(),
        lambda data: data.concat(replace(data, user_ids=("x", "y", "z"))),
    ],
    ids=["all users", "one user", "nothing dropped", "one dropped", "none added", "all added"],
)
def test_a_copy_shares_no_memory_with_its_base(part: Any) -> None:
    data = build([[1, 2, 3], [4, 5], [6]])
    before = [a.copy() for a in arrays(data)]
    copied = part(data)
    for a in arrays(copied):
        assert not any(np.shares_memory(a, b) for b in arrays(data))
        a[...] = 0
    for a, b in zip(arrays(data), before, strict=True):
        assert a.tolist() == b.tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("left",), [False, True, False, True, False]),
        (("right",), [False, False, True, False, False]),
        (("left", "right"), [False, True, True, True, False]),
        ((), [False] * 5),
    ],
)
def test_the_audience_has_the_values_and_nobody_unknown(values: tuple[str, ...], expected: list[bool]) -> None:
    data = build([[1]] * 5, codes=[0, 1, 2, 1, 0])
    audience = Targets(np.array([1], np.int32), "side", values).audience(data)
    assert (audience.dtype, audience.tolist()) == (np.bool_, expected)


def test_without_an_attribute_everybody_is_the_audience() -> None:
    assert Targets(np.array([1], np.int32), "", ()).audience(build([[1], [2], []])).tolist() == [True] * 3


def test_fake_users_have_the_profiles_they_are_given_and_nothing_else() -> None:
    data = build([[1, 2], [3]])
    fake = data.fake_users([np.array([6, 1, 6]), np.array([], np.int32), np.array([2])])
    assert lists(fake) == [[6, 1, 6], [], [2]]
    assert fake.items.dtype == np.int32 and fake.offsets.tolist() == [0, 3, 3, 4]
    assert fake.attributes["side"].codes.tolist() == [0, 0, 0]
    crowd = data.concat(fake)
    assert lists(crowd) == [[1, 2], [3], [6, 1, 6], [], [2]]
    assert crowd.user_ids == ("user 0", "user 1", "fake-0", "fake-1", "fake-2")
    assert lists(data.concat(data.fake_users([]))) == lists(data)


@pytest.mark.parametrize("item", [0, N_ITEMS + 1])
def test_fake_users_have_items_that_exist(item: int) -> None:
    with pytest.raises(ValueError, match="items are 1 to 6"):
        build([[1]]).fake_users([np.array([item])])
