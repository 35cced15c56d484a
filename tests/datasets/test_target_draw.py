"""Drawing targets: sizes, spread over categories, chances, and every refusal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.benchmark.scenarios.pretrained.protocol.targets import TargetsConfig, draw_targets
from rbench.core.artifacts import decode, encode
from rbench.core.config import configure
from rbench.core.errors import UserError
from rbench.core.interactions import Attribute, Interactions, Partition


def side(codes: list[int], sizes: list[int], uncategorised: int = 0) -> Interactions:
    """Return users with these codes of gender, and categories with these numbers of items."""
    categories = np.repeat(np.arange(1, len(sizes) + 1), sizes)
    n_items = len(categories) + uncategorised
    users = len(codes)
    return Interactions(
        name="toys",
        items=np.ones(3 * users, np.int32),
        offsets=np.arange(users + 1, dtype=np.int64) * 3,
        categories=np.concatenate([[0], categories, np.zeros(uncategorised)]).astype(np.int32),
        category_names=tuple(f"c{k}" for k in range(1, len(sizes) + 1)),
        attributes={"gender": Attribute(np.array(codes, np.int32), ("F", "M", "50+", "a+b"))},
        user_ids=tuple(map(str, range(users))),
        item_ids=tuple(map(str, range(n_items))),
    )


def sides(
    sizes: list[int],
    provider: tuple[int, ...] = (1, 2, 3),
    platform: tuple[int, ...] = (1, 2, 0),
    uncategorised: int = 0,
) -> Partition:
    return Partition(side(list(provider), sizes, uncategorised), side(list(platform), sizes, uncategorised), "by hand")


def spread(partition: Partition, items: np.ndarray) -> list[int]:  # type: ignore[type-arg]
    counts = np.bincount(partition.platform.categories[items])
    return sorted(int(n) for n in counts[1:] if n)


@pytest.mark.parametrize(
    ("sizes", "options", "expected"),
    [
        ([50] * 10, {}, [1] * 5),  # 0.25% of 500 is fewer than five
        ([1000] * 8, {}, [2, 2] * 2 + [3] * 4),  # 0.25% of 8,000 is twenty, in all eight
        ([50] * 10, {"count": 3}, [1] * 3),
        ([50] * 4, {"count": 10}, [2, 2, 3, 3]),
        ([50] * 10, {"categories": 3, "per_category": 4}, [4] * 3),
        ([50] * 10, {"categories": 2}, [2, 3]),
        ([50] * 10, {"categories": 7}, [1] * 7),
        ([50] * 10, {"per_category": 2}, [2] * 3),
        ([50] * 10, {"per_category": 5, "count": 10}, [5, 5]),
        ([50] * 10, {"categories": 2, "count": 5}, [2, 3]),
        ([1, 1, 9], {"categories": 3, "count": 8}, [1, 1, 6]),  # small ones give what they have
        ([1, 1, 9], {"categories": 1, "per_category": 5}, [5]),  # only one is large enough
        ([1, 1, 1], {"count": 3}, [1, 1, 1]),
    ],
)
def test_sizes(sizes: list[int], options: dict[str, int], expected: list[int]) -> None:
    partition = sides(sizes)
    for seed in range(5):
        targets = draw_targets(partition, configure(TargetsConfig, options, "targets"), "gender:M", seed)
        assert spread(partition, targets.items) == sorted(expected)
        assert targets.items.dtype == np.int32


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), max_size=6), st.integers(0, 9), st.integers(1, 12), st.integers(0, 2**62))
def test_any_draw(sizes: list[int], uncategorised: int, count: int, seed: int) -> None:
    partition = sides(sizes, uncategorised=uncategorised)
    there = sum(sizes) or uncategorised
    config = TargetsConfig(count=count)
    if count > there:
        with pytest.raises(UserError, match=f"targets: {count} items .* has {there}"):
            draw_targets(partition, config, "gender:M", seed)
        return
    targets = draw_targets(partition, config, "gender:M", seed)
    assert len(set(targets.items.tolist())) == count and targets.items.min() >= 1
    assert targets.items.tolist() == sorted(targets.items.tolist())
    assert targets.items.max() <= partition.platform.n_items
    if sizes:
        assert (partition.platform.categories[targets.items] > 0).all()
        assert len(spread(partition, targets.items)) == min(count, len(sizes))
    again = decode(encode(targets))
    assert again.items.tolist() == draw_targets(partition, config, "gender:M", seed).items.tolist()
    assert (again.attribute, again.values) == ("gender", ("M",))


def test_one_target_is_a_uniform_draw() -> None:
    partition = sides([1, 2, 7])
    drawn = [draw_targets(partition, TargetsConfig(count=1), "", seed).items[0] for seed in range(3000)]
    counts = np.bincount(drawn, minlength=11)[1:]
    # 27.9 is exceeded by chi-squared with nine degrees of freedom once in a thousand.
    assert ((counts - 300) ** 2 / 300).sum() < 27.9


@pytest.mark.parametrize(
    ("rule", "values"),
    [("gender:M", ("M",)), ("gender:M+F", ("M", "F")), ("gender:F+F", ("F",)), ("gender:a+b", ("a+b",))],
)
def test_audience(rule: str, values: tuple[str, ...]) -> None:
    targets = draw_targets(sides([9], provider=(1, 2, 3, 4), platform=(1, 2, 4, 0)), TargetsConfig(), rule, 0)
    assert (targets.attribute, targets.values) == ("gender", values)


def test_no_audience() -> None:
    targets = draw_targets(sides([9]), TargetsConfig(), "", 0)
    assert (targets.attribute, targets.values) == ("", ())


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("gender", ["audience=gender is not a rule", "attribute:value"]),
        (":M", ["audience=:M is not a rule"]),
        ("gender:", ["audience=gender: is not a rule"]),
        ("gendr:M", ["'gendr'", "did you mean gender"]),
        ("gender:m", ["'m'", "data set toys", "known: 50+, F, M, a+b."]),
        ("gender:F+X", ["'X'", "known: 50+, F, M, a+b."]),
        ("gender:50+", ["none of the 3 users of the platform"]),
        ("gender:a+b", ["none of the 3 users of the provider"]),
    ],
)
def test_audiences_refused(rule: str, parts: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        draw_targets(sides([9]), TargetsConfig(), rule, 0)
    for part in parts:
        assert part in str(caught.value)


def test_everybody_is_no_audience() -> None:
    with pytest.raises(UserError, match=r"audience=gender:F\+M: all 3 users of the platform .* compare"):
        draw_targets(sides([9], platform=(1, 2, 1)), TargetsConfig(), "gender:F+M", 0)


@pytest.mark.parametrize(
    ("sizes", "options", "part"),
    [
        ([3], {}, "5 items with a category are wanted, but toys has 3"),
        ([], {}, "5 items are wanted, but toys has 2"),
        ([], {"categories": 2}, "need items' categories"),
        ([9, 9], {"categories": 3}, "3 categories are wanted, but toys has 2"),
        ([9, 9, 2], {"categories": 3, "per_category": 3}, "2 of toys's categories are that large"),
        ([9, 9, 9], {"categories": 1, "count": 10}, "the drawn ones hold 9"),
        ([9], {"count": 0}, "count=0 must be at least 1"),
        ([9], {"count": 5, "categories": 2, "per_category": 2}, "count=5 is not categories=2 times per_category=2"),
        ([9], {"count": 5, "per_category": 2}, "count=5 is not"),
        ([9], {"count": 2, "categories": 3}, "categories=3 is more than count=2"),
    ],
)
def test_numbers_refused(sizes: list[int], options: dict[str, int], part: str) -> None:
    with pytest.raises(UserError) as caught:
        draw_targets(sides(sizes, uncategorised=2), configure(TargetsConfig, options, "targets"), "", 0)
    assert part in str(caught.value)


def popular(n_items: int, categories: int) -> Partition:
    """Return a partition in which the provider's user has item i as often as i says, counted from the last item."""
    order = np.arange(n_items, 0, -1, dtype=np.int32)
    log = np.repeat(order, np.arange(1, n_items + 1))
    whole = side([1], [n_items // categories] * categories if categories else [], 0 if categories else n_items)
    provider = replace(whole, items=log, offsets=np.array([0, len(log)]))
    return Partition(provider, replace(whole, items=order[:3]), "by hand")


@pytest.mark.parametrize("categories", [0, 3])
@pytest.mark.parametrize(("popularity", "first", "last"), [("head", 1, 4), ("mid", 5, 8), ("tail", 9, 12)])
def test_strata_of_popularity(categories: int, popularity: str, first: int, last: int) -> None:
    """Of twelve items the first is the most popular; with categories, each four in a row have one."""
    partition = popular(12, categories)
    config = configure(TargetsConfig, {"popularity": popularity, "count": 3}, "targets")
    drawn = {int(i) for seed in range(40) for i in draw_targets(partition, config, "", seed).items}
    assert drawn == set(range(first, last + 1))


def test_a_stratum_may_be_too_small() -> None:
    config = configure(TargetsConfig, {"popularity": "mid", "count": 5}, "targets")
    with pytest.raises(UserError, match="5 items are wanted, but toys has 4"):
        draw_targets(popular(12, 0), config, "", 0)
