"""Workers tell how far they are, and whoever shows it is told."""

from __future__ import annotations

import multiprocessing

import pytest

from rbench.benchmark.run import progress, runner, session
from rbench.benchmark.run.display import Rich, Silent
from rbench.benchmark.run.executors import registry
from rbench.benchmark.run.progress import Progress, connect, reporter


@pytest.fixture
def told(monkeypatch):
    """Return what a run's display is told: stage ids begun, and fractions by stage id."""
    begun, fractions = {}, {}

    class Watching(Silent):
        def started(self, stage):
            begun[stage.id] = stage

        def advanced(self, stage_id, fraction):
            fractions.setdefault(stage_id, []).append(fraction)

    monkeypatch.setattr(session, "choose", lambda name, left, estimate: Watching(left, estimate))
    monkeypatch.setattr(runner, "EVERY", 0.02)
    return begun, fractions


def test_a_training_in_another_process_tells_its_epochs(rbench, small, told, tmp_path):
    options = ["--workers", "1", "--set", "train.epochs=400", "--set", "train.patience=400"]
    done = rbench("run", *small, *options, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    begun, fractions = told
    assert any(begun[stage_id].kind == "pretrain" for stage_id in fractions)
    for values in fractions.values():
        assert values == sorted(values) and values[0] > 0 and values[-1] <= 1


def test_the_newest_of_what_was_told_counts(monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    asking = Progress(multiprocessing.get_context("spawn"))
    monkeypatch.setattr(progress, "_queue", None)
    reporter("a")(0.1)  # nobody listens
    connect(asking.queue)
    one, two = reporter("one"), reporter("two")
    for fraction in (0.2, 0.4):
        one(fraction)
    two(0.3)
    assert asking.read() == {"one": 0.4, "two": 0.3}
    assert asking.read() == {}


def test_a_worker_is_not_talkative(monkeypatch):
    asking = Progress(multiprocessing.get_context("spawn"))
    monkeypatch.setattr(progress, "_queue", asking.queue)
    tell = reporter("one")
    for fraction in (0.2, 0.4, 0.6):
        tell(fraction)
    assert asking.read() == {"one": 0.2}
    assert registry.get("serial")(None).progress() == {}


def test_bars_count_parts_of_stages(planned):
    class Minute:
        @staticmethod
        def seconds(stage):
            return 60.0

    stages = list(planned().stages.values())[:4]
    bars = Rich(stages, Minute)
    bars.started(stages[0])
    bars.advanced(stages[0].id, 0.5)
    bars.advanced("another", 0.5)
    assert bars.bars.tasks[0].completed == 30.0
    assert bars.bars.tasks[1].completed == 0.5 and bars.bars.tasks[1].total == 1.0
    bars.finished(stages[0], runner.StageResult(stages[0].id, 1.0))
    assert bars.bars.tasks[0].completed == 60.0 and len(bars.bars.tasks) == 1
