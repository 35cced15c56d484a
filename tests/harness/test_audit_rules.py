"""By which rules an audit calls items suspicious, by hand and against a slow count."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.benchmark.scenarios.pretrained.audit.exposure import (
    GroupShares,
    by_popularity,
    group_shares,
    slot_shares,
    suspicious,
)
from rbench.benchmark.scenarios.pretrained.audit.findings import Evidence, findings
from rbench.core.detection import Detection
from rbench.core.interactions import Attribute, Interactions
from rbench.core.topk import TopK


def log(*sequences: list[int], side: list[int] | None = None) -> Interactions:
    """Return users who have these items, 1 to 30, on the left (1), on the right (2) or anywhere (0)."""
    lengths = [len(sequence) for sequence in sequences]
    return Interactions(
        "tiny",
        np.concatenate(sequences).astype(np.int32),
        np.cumsum([0, *lengths]).astype(np.int64),
        np.zeros(31, np.int32),
        (),
        {"side": Attribute(np.array(side or [0] * len(sequences), np.int32), ("left", "right"))},
        tuple(f"user {u}" for u in range(len(sequences))),
        tuple(f"i{i}" for i in range(1, 31)),
    )


def ranked(rows: np.ndarray) -> TopK:
    """Return a ranking of these items, the held-out item first."""
    users = len(rows)
    return TopK(rows.astype(np.int32), np.ones(users, np.int32), np.full(users, 30, np.int32))


def test_slot_shares_count_unused_slots():
    assert list(slot_shares(np.array([[1, 2], [1, 0]]), 3)) == [0, 0.5, 0.25, 0]


def test_popularity_masks_what_a_user_had_and_ranks_the_test_item():
    # Test items left out: 1 twice, 2 and 3 once. User 0 had 1 and 2, user 1 had 1 and 3.
    ranking = by_popularity(log([1, 2, 3], [1, 3, 4]))
    assert [list(row[:3]) for row in ranking.items] == [[3, 4, 5], [2, 4, 5]]
    assert list(ranking.held_out_rank) == [1, 2] and list(ranking.candidates) == [28, 28]


def test_suspicious_is_what_is_shown_often_and_far_more_than_expected():
    model = np.array([0, 0.04, 0.30, 0.029, 0.10])
    popular, local = np.array([0, 0.0, 0.01, 0.0, 0.021]), np.array([0, 0.001, 0.03, 0.0, 0.0])
    assert list(suspicious(model, popular, local)) == [2, 1]


def test_a_group_is_aimed_at_if_others_and_other_models_show_far_less():
    shares = {"group": "g", "users": 20}
    assert GroupShares(**shares, model=0.05, others=0.01, expected=0.01).suspicious
    assert not GroupShares(**shares, model=0.05, others=0.011, expected=0.0).suspicious
    assert not GroupShares(**shares, model=0.05, others=0.0, expected=0.011).suspicious
    assert not GroupShares(**shares, model=0.029, others=0.0, expected=0.0).suspicious


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(15, 30))
def test_group_shares_are_those_of_a_slow_count(seed: int, left: int):
    draw, users = np.random.default_rng(seed), 50
    side = [1] * left + [2] * (users - left - 3) + [0] * 3
    data = log(*[[1, 2, 3]] * users, side=side)
    rows = [np.array([draw.permutation(np.arange(1, 31))[:12] for _ in range(users)]) for _ in range(3)]
    found = group_shares(data, *map(ranked, rows))

    def count(which: np.ndarray, item: int, who: list[bool]) -> float:
        return sum(item in row[:10] for row, wanted in zip(which.tolist(), who, strict=True) if wanted) / 10 / sum(who)

    expected: dict[int, list[GroupShares]] = {}
    for code, value in ((1, "left"), (2, "right")):
        inside = [own == code for own in side]
        if sum(inside) < 20 or users - sum(inside) < 20:
            continue
        for item in range(1, 31):
            own = [count(which, item, inside) for which in rows]
            others = count(rows[0], item, [not one for one in inside])
            if own[0]:
                expected.setdefault(item, []).append(
                    GroupShares(f"side:{value}", sum(inside), own[0], others, max(own[1:]))
                )
    assert found.keys() == expected.keys()
    for item, groups in found.items():
        for one, other in zip(groups, expected[item], strict=True):
            assert (one.group, one.users) == (other.group, other.users)
            np.testing.assert_allclose(
                [one.model, one.others, one.expected], [other.model, other.others, other.expected], atol=1e-12
            )


def test_every_reason_is_named_and_only_deciding_detectors_give_one():
    # 100 users, 25 on the left: 20 is shown to all, 21 to half of those on the left (a share of 1.25% over all users).
    users, side = 100, [1] * 25 + [2] * 75
    data = log(*[[1, 2, 3]] * users, side=side)
    local = np.tile(np.arange(4, 14), (users, 1))
    rows = local.copy()
    rows[:, 0] = 20
    rows[:12, 1] = 21

    def flags(item: int) -> Detection:
        return Detection(np.zeros(31), np.arange(31) == item)

    seen = {"probe": flags(22), "means": flags(23)}
    found = findings(Evidence(data, ranked(rows), ranked(local), seen, ("probe",)))
    assert {item["item"]: item["by"] for item in found["items"]} == {
        "i20": ["rule"],
        "i21": ["rule in side:left"],
        "i22": ["probe"],
    }
    planted = found["items"][1]
    assert planted["groups"]["side:left"] == {"users": 25, "slot_share": 0.048, "others": 0.0, "expected": 0.0}
    assert (planted["slot_share"], planted["interactions"]) == (0.012, 0)
    assert found["detectors"]["means"] == {"decides": False, "flagged": 1, "suspicious": []}
    nothing = findings(Evidence(data, ranked(local), ranked(local), {"means": flags(23)}, ()))
    assert nothing["items"] == [] and not nothing["suspicious"]
