"""Filtering, ordering and repeated events, against a slow reading with lists and dictionaries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.core.errors import UserError
from rbench.datasets.sequences import log as sequences
from rbench.datasets.sequences.log import Log, natural, to_sequences

Event = tuple[int, int, int]
RULES = ("all", "exact", "consecutive", "first", "last")


def slow(events: list[Event], min_user: int, min_item: int, rule: str) -> dict[int, list[int]]:
    order = sorted(range(len(events)), key=lambda n: (events[n][0], events[n][2], n))
    left = []
    for place, n in enumerate(order):
        user, item, time = events[n]
        earlier = [events[m] for m in order[:place] if events[m][0] == user]
        later = [events[m] for m in order[place + 1 :] if events[m][0] == user]
        gone = {
            "all": False,
            "exact": (user, item, time) in earlier,
            "consecutive": bool(earlier) and earlier[-1][1] == item,
            "first": any(e[1] == item for e in earlier),
            "last": any(e[1] == item for e in later),
        }[rule]
        if not gone:
            left.append((user, item))
    while True:
        users, items = [u for u, _ in left], [i for _, i in left]
        fewer = [e for e in left if items.count(e[1]) >= min_item]
        users = [u for u, _ in fewer]
        fewer = [e for e in fewer if users.count(e[0]) >= min_user]
        if len(fewer) == len(left):
            break
        left = fewer
    return {user: [i for u, i in left if u == user] for user in {u for u, _ in left}}


@pytest.mark.parametrize("number", [True, False])
@settings(max_examples=150, deadline=None)
@given(
    events=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 8), st.integers(0, 4)), min_size=1, max_size=60),
    least=st.tuples(st.integers(1, 4), st.integers(1, 3)),
    rule=st.sampled_from(RULES),
    size=st.sampled_from([1, 3, 1 << 20]),
)
def test_the_same_as_the_slow_way(
    number: bool, events: list[Event], least: tuple[int, int], rule: str, size: int
) -> None:
    expected = slow(events, *least, rule)
    column = np.array(events)
    user_ids, users = np.unique(column[:, 0], return_inverse=True)
    item_ids, items = np.unique(column[:, 1], return_inverse=True)
    log = Log(
        users.astype(np.int32),
        items.astype(np.int32),
        column[:, 2].astype(np.uint32),
        user_ids if number else [str(u) for u in user_ids],
        item_ids if number else [str(i) for i in item_ids],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequences, "SLICE", size)
        patch.setattr(sequences.by_users, "__defaults__", (size,))
        if not expected:
            with pytest.raises(UserError, match="no user is left"):
                to_sequences("toys", log, *least, rule)
            return
        found = to_sequences("toys", log, *least, rule)
    got = {
        int(user): [int(found.item_ids[i - 1]) for i in found.items[found.offsets[u] : found.offsets[u + 1]]]
        for u, user in enumerate(found.user_ids)
    }
    assert got == expected
    assert list(found.user_ids) == natural(found.user_ids) and list(found.item_ids) == natural(found.item_ids)
    assert found.items.dtype == np.int32 and found.offsets.dtype == np.int64
    assert found.users_dropped == len(user_ids) - len(got)
