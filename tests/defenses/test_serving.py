"""What is served after the filter and the cap, by hand and by slow loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rbench.core.config import configure
from rbench.core.detection import Detection
from rbench.core.interactions import Interactions
from rbench.core.topk import TopK
from rbench.defenses import Deployed, Flagged, registry
from rbench.defenses.serving.cap import capped
from rbench.testing import small_data

Make = Callable[..., Deployed]


def served(name: str, deployed: Deployed, **options: object) -> tuple[TopK, dict[str, Any]]:
    cls: Any = registry.get(name)
    found: tuple[TopK, dict[str, Any]] = cls(configure(cls.Config, options, name)).serve(deployed)
    return found


def with_flags(deployed: Deployed, items: list[int]) -> Deployed:
    flagged = np.isin(np.arange(deployed.data.n_items + 1), items)
    return replace(deployed, inputs={Flagged: Detection(flagged.astype(float), flagged)})


def small(lists: list[list[int]], held_out: list[int], ranks: list[int]) -> Deployed:
    """Users of ten items whose held-out items are given."""
    nothing: Any = None
    users = len(lists)
    data = Interactions(
        name="platform",
        items=np.array([item for last in held_out for item in (1, last)], np.int32),
        offsets=np.arange(0, 2 * users + 1, 2),
        categories=np.zeros(11, np.int32),
        category_names=(),
        attributes={},
        user_ids=tuple(map(str, range(users))),
        item_ids=tuple(map(str, range(1, 11))),
    )
    ranking = TopK(np.array(lists, np.int32), np.array(ranks, np.int32), np.full(users, 9, np.int32))
    return Deployed(data, nothing, nothing, 3, nothing, "direct", ranking)


def test_flagged_items_leave_and_others_move_up() -> None:
    held = small([[5, 3, 7, 2], [2, 3, 4, 5], [5, 6, 7, 8]], held_out=[7, 5, 9], ranks=[3, 4, 8])
    found, told = served("filter", with_flags(held, [3, 5]))
    assert found.items.tolist() == [[7, 2, 0, 0], [2, 4, 0, 0], [6, 7, 8, 0]]
    # The first user's next item moves from 3 to 1; the second's is flagged; the third's is beyond the list.
    assert found.held_out_rank.tolist() == [1, 9, 7]
    assert told == {"left_out": 2, "places": 5}
    assert found.candidates.tolist() == [9, 9, 9] and found.held_out_rank.dtype == np.int32


def test_without_flags_nothing_changes(platform: Make) -> None:
    held = platform()
    found, told = served("filter", with_flags(held, []))
    assert all(np.array_equal(getattr(found, n), getattr(held.ranking, n)) for n in ("items", "held_out_rank"))
    assert told == {"left_out": 0, "places": 0}


def test_the_filter_agrees_with_a_ranking_made_anew(platform: Make) -> None:
    """Lists of the planted model are those of its scores with the targets taken out."""
    held, targets = platform(), small_data.targets().items.tolist()
    found, _ = served("filter", with_flags(held, targets))
    model, history = held.victim.open(held.pretrained, held.data), held.data.drop_last(1)
    scores = np.concatenate(list(model.scores(history)))
    for user in range(held.data.n_users):
        truth = int(held.data.of(user)[-1])
        hidden = {0, *history.of(user).tolist(), *targets} - {truth} | set(targets)
        order = [i for i in np.argsort(-scores[user], kind="stable").tolist() if i not in hidden]
        shown = found.items[user][found.items[user] > 0].tolist()
        assert shown[:5] == order[:5]
        if truth not in targets and found.held_out_rank[user] <= len(shown):
            assert order.index(truth) + 1 == found.held_out_rank[user]


def test_some_users_are_ranked() -> None:
    held = small([[5, 3, 7, 2]] * 3, held_out=[7, 5, 9], ranks=[3, 1, 8])
    ranking = replace(
        held.ranking,
        **{name: getattr(held.ranking, name)[1:] for name in ("items", "held_out_rank", "candidates")},
        users=np.array([1, 2], np.int32),
    )
    found, _ = served("filter", with_flags(replace(held, ranking=ranking), [5]))
    assert found.held_out_rank.tolist() == [9, 7], "the held-out items are those of users 1 and 2"


lists = st.integers(1, 6).flatmap(
    lambda k: st.lists(st.permutations(range(1, 9)).map(lambda p: p[:k]), min_size=1, max_size=12)
)


@given(lists, st.lists(st.floats(0, 3), min_size=9, max_size=9), st.integers(0, 3))
def test_no_item_has_more_places_than_its_quota_in_lists_of_any_length(
    rows: list[list[int]], quotas: list[float], seed: int
) -> None:
    items = np.array(rows, np.int32)
    made = capped(items, np.array(quotas), seed)
    for row, given_ in zip(made.tolist(), items.tolist(), strict=True):
        shown = [item for item in row if item]
        assert len(set(shown)) == len(shown) and set(shown) <= set(given_)
    for p in range(1, items.shape[1] + 1):
        counts = np.bincount(made[:, :p].ravel(), minlength=9)
        assert all(counts[i] <= p * quotas[i] + 1e-6 for i in range(1, 9))


@given(lists)
def test_with_large_quotas_nothing_changes(rows: list[list[int]]) -> None:
    items = np.array(rows, np.int32)
    assert np.array_equal(capped(items, np.full(9, 100.0), 0), items)


def test_who_is_served_first_is_drawn() -> None:
    """One place for item 1 among four users with the same list: whoever has it, the others get item 2."""
    items = np.array([[1, 2]] * 4, np.int32)
    quotas = np.array([0, 1.0, 4.0])
    found = {tuple(capped(items, quotas, seed)[:, 0].tolist()) for seed in range(20)}
    assert len(found) > 1 and all(sorted(first) == [1, 2, 2, 2] for first in found)
    # At the second place item 1 may stand twice in all, hence once more.
    assert [sorted(capped(items, quotas, seed)[:, 1].tolist()) for seed in range(3)] == [[0, 0, 1, 2]] * 3


def test_the_cap_goes_by_the_log(platform: Make) -> None:
    held = platform()
    found, told = served("cap", held, times=1.0)
    counts = held.data.drop_last(1).item_counts()
    share = (counts + 1) / (counts.sum() + held.data.n_items)
    for p in (1, 5, 10):
        shown = np.bincount(found.items[:, :p].ravel(), minlength=len(counts))[1:]
        assert (shown <= share[1:] * p * len(found.items) + 1e-6).all()
    assert 0 < told["changed"] < 1
    last = held.data.items[held.data.offsets[1:] - 1]
    inside = (found.items == last[:, None]).any(1)
    assert inside.any() and (found.held_out_rank[~inside] >= held.ranking.held_out_rank[~inside]).all()
