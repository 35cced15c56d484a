"""What is measured of some users is what would be measured if there were no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rbench.benchmark.scenarios.pretrained.stages.measure import measure
from rbench.benchmark.stages.inputs import StageInputs
from rbench.benchmark.stages.stage import Stage
from rbench.core.detection import Detection, Verdict
from rbench.core.interactions import Attribute, Interactions, Partition
from rbench.core.targets import Targets
from rbench.core.topk import TopK

USERS, ITEMS = 12, 200
SOME = np.array([1, 4, 5, 9, 10], np.int32)


def platform() -> Interactions:
    age = Attribute(np.arange(USERS, dtype=np.int16) % 3, ("young", "old"))
    return Interactions(
        name="hand-made",
        items=np.arange(1, USERS + 1, dtype=np.int32),
        offsets=np.arange(USERS + 1, dtype=np.int64),
        categories=np.zeros(ITEMS + 1, np.int16),
        category_names=(),
        attributes={"age": age},
        user_ids=tuple(map(str, range(USERS))),
        item_ids=tuple(map(str, range(ITEMS + 1))),
        info={},
    )


def ranking(seed: int) -> TopK:
    rng = np.random.default_rng(seed)
    items = np.array([rng.permutation(ITEMS)[:100] + 1 for _ in range(USERS)], np.int32)
    return TopK(items, rng.integers(1, 30, USERS).astype(np.int32), np.full(USERS, ITEMS - 1, np.int32))


def of(whole: TopK, users: np.ndarray | None) -> TopK:
    rows = TopK(whole.items[SOME], whole.held_out_rank[SOME], whole.candidates[SOME])
    return replace(rows, users=users)


def measured(data: Interactions, users: np.ndarray | None) -> dict[str, Any]:
    parents = {
        "partition": Partition(data, data, "none"),
        "targets": Targets(np.array([3, 70, 150], np.int32), "age", ("young",)),
        "rank": of(ranking(1), users),
        "clean_rank": of(ranking(2), users),
    }
    return measure(StageInputs(Stage("measure", "exposure", 1), parents, "cpu", lambda fraction: None))[0]


def test_recall_counts_targets_by_how_often_they_are_shown() -> None:
    """Of three targets the flagged one has 6 of 8 places, another 2, and the third was never lifted."""
    lists = np.tile(np.arange(101, 201, dtype=np.int32), (10, 1))
    lists[:6, 9], lists[6:8, 0], lists[:, 10] = 3, 70, 150  # the eleventh place does not count
    rank = TopK(lists, np.ones(10, np.int32), np.full(10, ITEMS, np.int32))
    flagged = np.isin(np.arange(ITEMS + 1), [3, 4])
    targets = Targets(np.array([3, 70, 150], np.int32), "", ())
    parents = {"detection": Detection(flagged.astype(float), flagged), "targets": targets, "rank": rank}
    stage = Stage("measure", "detection", 1)
    found = measure(StageInputs(stage, parents, "cpu", lambda fraction: None))[0]["metrics"]["all"]
    assert found["recall of exposure"] == 6 / 8 and found["recall"] == 1 / 3
    parents["targets"] = Targets(np.array([150], np.int32), "", ())
    found = measure(StageInputs(stage, parents, "cpu", lambda fraction: None))[0]["metrics"]["all"]
    assert found["recall of exposure"] is None, "nothing is shown, and nothing can be missed"
    del parents["rank"]
    found = measure(StageInputs(stage, parents, "cpu", lambda fraction: None))[0]["metrics"]["all"]
    assert "recall of exposure" not in found


def test_a_verdict_is_measured_without_targets() -> None:
    parents = {"scan": Verdict(5.0, np.array([1.0, 2.0, 3.0]))}
    found = measure(StageInputs(Stage("measure", "scan", 1), parents, "cpu", lambda fraction: None))[0]
    assert found["metrics"] == {"all": {"scan statistic": 5.0, "scan distance": 3.0, "scan p": 0.25}}


def test_a_ranking_of_some_users_is_measured_against_their_audience() -> None:
    assert measured(platform(), SOME) == measured(platform().take(SOME), None)


def test_users_of_the_ranking_are_not_taken_for_the_first() -> None:
    with pytest.raises((ValueError, IndexError)):
        measured(platform(), None)
