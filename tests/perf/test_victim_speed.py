"""Labels trained a processor second: every victim against RecBole's own trainer of the same model."""

from __future__ import annotations

import itertools
import time
from statistics import median

import pytest
from publishing import Task
from victim_cases import CASES, CROSS_ENTROPY, LEARNED, PREFIXES

from rbench import models
from rbench.benchmark.run.memory import keep_freed_memory
from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
from rbench.models.sequential.victim import Victim

TASK = Task(
    "training-victims",
    "Train a victim on MovieLens-100K, cross-entropy",
    "labels/s",
    "RecBole 1.2.0",
    'make perf ARGS="-k test_victims_against_recbole"',
    "Labels a processor second, one thread each, both sides in one run: RecBole's trainer as its users have it, with "
    "batches of 2,048 rows and autograd's search for anomalies on, and rbench with the same class, sizes and longest "
    "history. Ours: the median of three epochs. Beside other work on both cores.",
)


def test_every_victim_is_measured():
    named = {name for name, cls in models.registry.usable().items() if issubclass(cls, models.Model)}
    assert set(CASES) == named - {"recbole"}


@pytest.mark.parametrize("name", CASES)
def test_victims_against_recbole(benchmark, movielens, recbole_training, name, capsys, publish):
    theirs_called, length, options, theirs = CASES[name]
    peer = recbole_training(theirs_called, CROSS_ENTROPY | theirs, 3, length, tuned=False, clock=time.process_time)
    ends: list[float] = []
    victim = Victim(
        model := models.registry.get(name),
        model.Config(**options, max_length=length),
        {},
        PromptConfig(),
        RankConfig(),
        report=lambda _: ends.append(time.process_time()),
    )
    schedule = Schedule(loss="softmax", epochs=4, eval_every=4, eval_users=1, share=PREFIXES)

    def train() -> float:
        keep_freed_memory()  # as stages do
        return victim.train(movielens, schedule, 0)[1]["labels"] * LEARNED.get(name, 1)

    labels = benchmark.pedantic(train, rounds=1)
    ours = labels / median(after - before for before, after in itertools.pairwise(ends))
    publish(TASK, f"{name}, length {length}", ours, peer, ours / peer)
    with capsys.disabled():
        print(f"\n{name}, length {length}: {ours:,.0f} labels a second; RecBole {peer:,.0f}; {ours / peer:.1f} times")
