from __future__ import annotations

import pytest

from rbench.benchmark.run.progress.estimate import Estimate, readable
from rbench.benchmark.scenarios.pretrained.kinds import PRETRAIN
from rbench.benchmark.stages.store import Store


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (3600, "1 h 0 min"), (86399, "23 h 59 min")],
)
def test_durations_for_people(seconds, text):
    assert readable(seconds) == text


def test_what_ran_before_tells_how_long_the_like_takes(tmp_path):
    store = Store(str(tmp_path))
    ran = [PRETRAIN.stage("bra", {}, seed) for seed in (0, 1, 2)]
    for stage, seconds in zip(ran, (10, 20, 999), strict=True):
        store.save(stage, {}, {"seconds": seconds})
    (tmp_path / ran[2].id / "timing.json").write_text("lost")
    estimate = Estimate(ran, {stage.id for stage in ran}, store)
    assert estimate.seconds(PRETRAIN.stage("bra", {}, 7)) == 15
    assert estimate.seconds(PRETRAIN.stage("pea", {}, 7)) != 15


def test_the_first_guess_of_a_training_follows_its_epochs(tmp_path):
    estimate = Estimate([], set(), Store(str(tmp_path)))
    short, long = (PRETRAIN.stage("bra", {"sections": {"train": {"epochs": n}}}) for n in (10, 40))
    assert estimate.seconds(long) == 4 * estimate.seconds(short) > 0


def test_nothing_is_read_for_stages_that_nobody_asks_about(tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(Store, "seconds", lambda self, stage_id: read.append(stage_id) or 3.0)
    bra, pea = PRETRAIN.stage("bra"), PRETRAIN.stage("pea")
    estimate = Estimate([bra, pea], {bra.id, pea.id}, Store(str(tmp_path)))
    assert read == []
    assert estimate.seconds(bra) == estimate.seconds(bra) == 3.0
    assert read == [bra.id]
