"""Workers send how far they are, and the display is handed it."""

from __future__ import annotations

import multiprocessing

import pytest

from rbench.benchmark.run import runner, session
from rbench.benchmark.run.executors import registry
from rbench.benchmark.run.progress import messages as progress
from rbench.benchmark.run.progress.display import Rich, Silent
from rbench.benchmark.run.progress.messages import ProgressQueue, ProgressSender


@pytest.fixture
def shown(monkeypatch):
    """Return what a run's display is handed: stages begun, and fractions, by stage id."""
    begun, fractions = {}, {}

    class Watching(Silent):
        def started(self, stage):
            begun[stage.id] = stage

        def advanced(self, stage_id, fraction):
            fractions.setdefault(stage_id, []).append(fraction)

    monkeypatch.setattr(session, "choose", lambda *given: Watching(*given[1:]))
    monkeypatch.setattr(runner, "EVERY", 0.02)
    return begun, fractions


def test_a_training_in_another_process_sends_its_epochs(rbench, small, shown, tmp_path):
    options = ["--workers", "1", "--set", "train.epochs=120", "--set", "train.patience=120"]
    done = rbench("run", *small, *options, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    begun, fractions = shown
    assert any(begun[stage_id].kind == "pretrain" for stage_id in fractions)
    for values in fractions.values():
        assert values == sorted(values) and values[0] > 0 and values[-1] <= 1


def test_the_newest_of_what_was_sent_counts(monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    queue = ProgressQueue(multiprocessing.get_context("spawn"))
    one, two = (ProgressSender(name, queue.send) for name in ("one", "two"))
    for fraction in (0.2, 0.4):
        one(fraction)
    two(0.3)
    assert queue.read() == {"one": 0.4, "two": 0.3}
    assert queue.read() == {}


def test_a_stage_sends_no_more_than_anybody_reads():
    sent = []
    sender = ProgressSender("one", lambda *message: sent.append(message))
    for fraction in (0.2, 0.4, 0.6):
        sender(fraction)
    assert sent == [("one", 0.2)]
    assert registry.get("serial")(None).progress() == {}


def test_bars_count_parts_of_stages(planned):
    class Minute:
        @staticmethod
        def seconds(stage):
            return 60.0

    plan = planned()
    stages = list(plan.stages.values())[:4]
    bars = Rich(plan, stages, Minute)
    bars.started(stages[0])
    bars.advanced(stages[0].id, 0.5)
    bars.advanced("another", 0.5)
    assert bars.bars.tasks[0].completed == 30.0
    assert bars.bars.tasks[1].completed == 0.5 and bars.bars.tasks[1].total == 1.0
    bars.finished(stages[0], runner.StageResult(stages[0].id, 1.0))
    assert bars.bars.tasks[0].completed == 60.0 and len(bars.bars.tasks) == 1
