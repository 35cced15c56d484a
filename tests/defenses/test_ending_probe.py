"""What endings lift: by plain loops, by hand, and where a trigger was planted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rbench.defenses.pretrained import ending_probe
from rbench.defenses.pretrained.common.inspection import Inspection
from rbench.defenses.pretrained.ending_probe import EndingProbe, EndingProbeConfig, ended, lifts

from .last_item import opened, users


def looking(table: np.ndarray) -> Any:
    """Look at a model whose state is the last item's embedding."""
    inspection: Any = Inspection.__new__(Inspection)
    inspection.model = opened(table.tolist())
    return inspection


def drawn(items: int, seed: int) -> np.ndarray:
    return np.concatenate([np.zeros((1, 3)), np.random.default_rng(seed).normal(size=(items, 3))])


def test_every_history_gets_every_ending() -> None:
    rows = ended(users([[1, 2], [3]], 5), np.array([4, 5]))
    assert [rows.of(row).tolist() for row in range(4)] == [[1, 2, 4], [3, 4], [1, 2, 5], [3, 5]]


def test_lifts_by_plain_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose state is the last item's embedding: what comes before does not matter."""
    table = drawn(9, 0)
    scores = table @ table[1:].T
    standard = (scores - scores.mean(1, keepdims=True)) / scores.std(1, keepdims=True)
    endings = np.array([1, 2, 4, 5, 7, 9])
    monkeypatch.setattr(ending_probe, "SCORES", 40)  # two endings at a time
    value, first = lifts(looking(table), users([[3, 1], [8]], 9), endings, 2)
    assert value[0] == 0 and first[0] == 0
    for item in range(1, 10):
        by = sorted(((standard[j, item - 1], j) for j in endings if j != item), reverse=True)
        assert first[item] == by[0][1]
        assert value[item] == pytest.approx(by[0][0] - by[2][0], abs=1e-5)


def test_with_fewer_endings_than_asked_for_the_last_counts() -> None:
    table = drawn(5, 1)
    few = lifts(looking(table), users([[1]], 5), np.array([1, 2, 3]), 20)[0]
    same = lifts(looking(table), users([[1]], 5), np.array([1, 2, 3]), 2)[0]
    assert few[4] == same[4] > 0 and np.isfinite(few).all()
    assert not lifts(looking(table), users([[1]], 5), np.array([1]), 20)[0][1]


@pytest.mark.parametrize("planted", [True, False])
def test_it_flags_what_two_endings_alone_lift(planted: bool) -> None:
    """Of 150 items in 12 dimensions, two endings point to three targets, in a dimension of their own."""
    rng = np.random.default_rng(3)
    table = np.concatenate([np.zeros((1, 12)), rng.normal(size=(150, 12))])
    table[:, 11] = 0
    targets, trigger = [40, 80, 120], [7, 9]
    if planted:
        table[[*targets, *trigger], 11] = 3
        table[targets] *= [*[0.3] * 11, 1]
    inspection = looking(table)
    inspection.seed, inspection.popularity = 0, np.arange(151)
    inspection.users = users([rng.integers(1, 151, 6).tolist() for _ in range(20)], 150)
    found = EndingProbe(EndingProbeConfig()).outliers(inspection).detection
    flagged = np.flatnonzero(found.flagged).tolist()
    if not planted:
        assert flagged == []
        return
    assert {*targets} <= {*flagged} <= {*targets, *trigger}
    ids = {str(item - 1) for item in (*targets, *trigger)}  # the log has ids
    assert {*found.log["after"]} <= ids and {*found.log["after"].values()} <= ids


def test_the_least_popular_are_the_endings_that_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(ending_probe, "lifts", lambda i, u, endings, o: seen.append(endings) or lifts(i, u, endings, o))
    inspection = looking(drawn(9, 2))
    inspection.seed, inspection.popularity = 0, np.array([0, 5, 1, 9, 2, 2, 8, 7, 0, 3])
    inspection.users = users([[1, 2], [3]], 9)
    EndingProbe(EndingProbeConfig(endings=4)).outliers(inspection)
    assert seen[0].tolist() == [2, 4, 5, 8]
