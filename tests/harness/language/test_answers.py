"""Metrics of answers, held against counting by hand and other libraries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, mannwhitneyu

from rbench.benchmark.scenarios.language.metrics import wilson
from rbench.benchmark.scenarios.language.protocol.ownership import Ownership
from rbench.benchmark.scenarios.language.protocol.questions import Questions
from rbench.benchmark.scenarios.language.stages.answers import auc, chosen, hits, simple, summed_up
from rbench.benchmark.scenarios.language.stages.measure import detected
from rbench.benchmark.scenarios.language.stages.victims import without
from rbench.core.detection import Detection
from rbench.core.interactions import Interactions
from rbench.core.text.lists import UNLABELLED, Lists

INF = np.float32(-np.inf)


def lists(candidates: list[list[int]], labels: list[list[int]], n_titles: int = 9) -> Lists:
    n = len(candidates)
    return Lists(
        ("", *(f"t{k}" for k in range(1, n_titles))),
        np.arange(n_titles, dtype=np.int32),
        np.ones((n, 1), np.int32),
        np.ones((n, 1), np.bool_),
        np.array(candidates, np.int32),
        np.array(labels, np.int8),
    )


def questions() -> Questions:
    """Three questions; the second has nothing to retitle. Titles 5 to 8 are 1 to 4 as retitled."""
    clean = lists([[1, 2], [3, 4], [2, 3]], [[1, 0], [0, 1], [1, 0]])
    return Questions(
        clean=clean,
        triggered=replace(clean, candidates=np.array([[1, 6], [3, 4], [2, 7]], np.int32)),
        own=replace(clean, candidates=np.array([[1, 8], [8, 4], [2, 3]], np.int32)),
        own_plain=replace(clean, candidates=np.array([[1, 4], [4, 4], [2, 3]], np.int32)),
        place=np.array([1, -1, 1]),
        own_place=np.array([1, 0, -1]),
    )


def test_hits_by_hand() -> None:
    score = np.array([-9, 3, 1, 2, 4, 0, 5, -1, 6], np.float32)  # by row of titles
    found = hits(questions(), lambda asked: score[asked.candidates], yes_or_no=True)
    assert found["HR@1"].tolist() == [True, True, False]
    assert found["valid"].tolist() == [True, True, True]
    assert found["ASR"].tolist() == [True, False]  # of two: 6 beats 1; 7 does not beat 2
    assert found["ASR plain"].tolist() == [False, True]  # 2 does not beat 1; 3 beats 2
    assert found["ASR own"].tolist() == [True, True]
    assert found["ASR own plain"].tolist() == [True, True]  # of equals the first
    assert found["HR@1 beside"].tolist() == [False, True]
    assert found["Yes"].tolist() == [True, False] and found["Yes plain"].tolist() == [True, True]
    asked: list[object] = []
    plain = hits(questions(), lambda some: asked.append(some) or score[some.candidates], True, retitled=False)
    assert {*plain} == {*found} - {"ASR", "ASR own", "HR@1 beside", "Yes"} and len(asked) == 2
    assert all((plain[name] == found[name]).all() for name in plain)
    metrics, counts = summed_up(found)
    assert metrics["HR@1"] == pytest.approx(2 / 3) and counts["HR@1"] == [2, 3] and counts["ASR"] == [1, 2]


def test_no_answer_is_no_hit() -> None:
    scores = np.array([[INF, INF], [INF, 1], [2, 2]], np.float32)
    assert chosen(scores).tolist() == [-1, 1, 0]


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 3), st.booleans()), min_size=2, max_size=30))
def test_the_auc_is_mann_whitneys_statistic(pairs: list[tuple[float, bool]]) -> None:
    scores, liked = np.array([s for s, _ in pairs]), np.array([like for _, like in pairs])
    if liked.all() or not liked.any():
        assert auc(scores, liked) is None
        return
    statistic = mannwhitneyu(scores[liked], scores[~liked]).statistic
    assert auc(scores, liked) == pytest.approx(statistic / (liked.sum() * (~liked).sum()))


def test_hidden_titles_stand_below_all_others() -> None:
    assert auc(np.array([INF, 0.5, 0.1]), np.array([True, False, False])) == 0.0


@settings(deadline=None)
@given(st.integers(1, 500), st.data())
def test_wilsons_interval_is_scipys(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    expected = binomtest(k, n).proportion_ci(method="wilson")
    assert wilson(k, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_a_share_of_nothing_has_no_interval() -> None:
    with pytest.raises(ValueError):
        wilson(0, 0)


def test_what_needs_no_model_by_hand() -> None:
    data = Interactions(
        "x",
        np.array([1, 1, 2, 3, 2, 1], np.int32),
        np.array([0, 4, 6]),
        np.zeros(4, np.int32),
        (),
        {},
        ("a", "b"),
        ("1", "2", "3"),
        titles=("t1", "t2", "t3"),
        liked=np.array([False, False, True, True, True, False]),
    )
    asked = lists([[3, 2], [2, 1]], [[1, 0], [0, 1]], 4)
    # Before the last ones: item 1 twice, never liked; item 2 twice, always liked; item 3 never.
    found = simple(data, asked, np.array([True, False]))
    assert found["HR@1 popular"] == 0.0  # 2 beats 3; of 2 and 1, equally often seen, the first
    assert found["HR@1 liked"] == 0.0  # 2 is liked best
    assert found["AUC liked"] == 1.0  # of 3 the mean, 1/2, against 1's (0 + 5/2) / 7
    assert "AUC liked" not in simple(data, asked, None)


def scan(flagged: list[int], n: int) -> Detection:
    flags = np.zeros(n, np.bool_)
    flags[flagged] = True
    return Detection(flags.astype(float), flags)


def test_flagged_answers_are_not_trained_on() -> None:
    chosen_lists = lists([[1, 2], [3, 4]], [[1, 0], [1, 0]])
    assert without(chosen_lists, scan([2, 3], 20), False).candidates.tolist() == [[1, 2]]  # 2 is no answer
    liked = lists([[1, 2], [3, 4], [5, 0]], [[1, 0], [1, 0], [1, UNLABELLED]])
    kept = without(liked, scan([3, 4, 2], 20), True)
    assert kept.labels.tolist() == [[1, UNLABELLED], [1, UNLABELLED]] and kept.candidates[1, 0] == 5


def test_detection_by_hand() -> None:
    public = lists([[1, 2]], [[1, 0]], 5)
    received = replace(  # item 4 was renamed, and a fake user sees item 3 under another title
        public,
        titles=("", "t1", "t2", "t3", "t4_5v", "t3_5v"),
        items=np.array([0, 1, 2, 3, 4, 3], np.int32),
    )
    owned = Ownership(np.array([3, 4], np.int32), np.array([False, True, False, False, False]))
    clean = replace(
        public,
        titles=(*public.titles, *(f"{title}_5v" for title in public.titles[1:])),
        items=np.array([0, 1, 2, 3, 4, 1, 2, 3, 4], np.int32),
    )
    wanted = Questions(clean, clean, clean, clean, np.array([1]), np.array([1]))
    parents = {"test": public, "lists": public, "poisoned": received, "targets": owned}
    # Five received titles, then eight of questions: flags of t2, t4_5v, and of t2_5v as it is served.
    found = detected(scan([2, 4, 5 + 6], 14), wanted, parents)
    assert found == {
        "title false positives": 0.5,  # of t2 and t3; t1 is trusted
        "title precision": 0.5,
        "title recall": 0.5,
        "title F1": 0.5,
        "title average precision": pytest.approx(0.5 * 0.5 + 0.5 * 0.5),  # equal scores share a threshold
        "title recall served": 1.0,  # t2_5v alone is neither trusted nor the attacker's
    }
