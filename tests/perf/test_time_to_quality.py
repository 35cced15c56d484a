"""Seconds to the same NDCG@10 on the test items: RecBole until it stops early, and ours.

Hours, so only ``make quality`` runs it. RBENCH_QUALITY names the folder in which finished trainings stay, and RecBole's
unfinished ones, to go on with; RBENCH_QUALITY_DATA the data sets (ml-100k by default; ml-1m asks for its files),
RBENCH_QUALITY_SEEDS the seeds, RBENCH_QUALITY_TRAINERS whom to compare with the first ("replay,rbench" where RecBole
itself takes too long).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from publishing import Task

FOLDER = Path(os.environ.get("RBENCH_QUALITY", "rbench-quality"))
DATA = os.environ.get("RBENCH_QUALITY_DATA", "ml-100k").split(",")
TRAINERS = os.environ.get("RBENCH_QUALITY_TRAINERS", "recbole,rbench").split(",")
SEEDS = [int(seed) for seed in os.environ.get("RBENCH_QUALITY_SEEDS", "0,1,2").split(",")]


TASK = Task(
    "convergence-{}",
    "Train to the same accuracy, {}",
    "s",
    "RecBole 1.2.0, tuned",
    "make quality",
    "RecBole's own trainer against rbench with train.windows=random and train.average=0.1: the same layers, softmax, "
    "dropout 0.2 and stopping rule, length 50, one thread, judged by the same ranking of the test items. Processor "
    "seconds, the least and the greatest; ratio: of the means.",
)


@pytest.mark.slow
@pytest.mark.parametrize("data", DATA)
def test_time_to_the_same_quality(benchmark, data, capsys, publish):
    from quality_table import compared, milestones

    def train():
        return {trainer: [_train(trainer, data, seed) for seed in SEEDS] for trainer in TRAINERS}

    trained = benchmark.pedantic(train, rounds=1)
    table = compared(trained)
    if TRAINERS == ["recbole", "rbench"]:  # a replay's seconds are nobody's
        task = replace(TASK, name=TASK.name.format(data), task=TASK.task.format(data))
        for case, *numbers in milestones(trained["rbench"], trained["recbole"]):
            publish(task, case, *numbers, **({"unit": "NDCG@10"} if case.startswith("NDCG") else {}))
    with capsys.disabled():
        print(f"\n{data}, seeds {SEEDS}\n\n{table}")


def _train(trainer, data, seed):
    script = Path(__file__).parent / "quality.py"
    words = [trainer, "--data", data, "--seed", str(seed), "--out", str(FOLDER.resolve())]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, str(script), *words], check=True, stdout=subprocess.DEVNULL, env=environment)
    lines = (FOLDER / f"{trainer}-{data}-{seed}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_quality_counts_only_what_validation_would_keep():
    from quality_table import kept, reached

    lines = [
        {"epoch": 1, "valid": 0.2, "test": 0.1},
        {"epoch": 2, "valid": 0.1, "test": 0.5},
        {"epoch": 3, "valid": 0.3, "test": 0.4},
    ]
    assert kept(lines)["epoch"] == 3
    assert reached(lines, 0.4)["epoch"] == 3
    assert reached(lines, 0.45) is None


def test_quality_is_compared_at_recboles_mean():
    from quality_table import compared

    def lines(*tests):
        return [{"epoch": i, "valid": i, "test": t, "cpu_seconds": 100.0 * i} for i, t in enumerate(tests, 1)]

    table = compared({"recbole": [lines(0.1, 0.25), lines(0.1, 0.375, 0.5)], "rbench": [lines(0.375), lines(0.25)]})
    head, _, theirs, ours = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
    assert head[-1] == "s to 0.3750"
    assert theirs == ["recbole", "0.3750", "0.2500 to 0.5000", "2 to 3", "200 to 300", "200 to 300", "never, 200"]
    assert ours == ["rbench", "0.3125", "0.2500 to 0.3750", "1", "100", "100", "100, never"]


def test_what_the_page_shows_of_trainings():
    from quality_table import milestones

    def lines(*tests):
        return [{"epoch": i, "valid": i, "test": t, "cpu_seconds": 100.0 * i} for i, t in enumerate(tests, 1)]

    theirs = [lines(0.1, 0.25), lines(0.1, 0.375, 0.5)]  # kept: 0.25 and 0.5, in the mean 0.375
    assert milestones([lines(0.375), lines(0.25, 0.5)], theirs[1:] * 2) == [
        ("to the kept state", (100.0, 200.0), (300.0, 300.0), None),
        ("until it stops", (100.0, 200.0), (300.0, 300.0), None),
        ("NDCG@10 of the kept state, mean", 0.4375, 0.5, None),
    ], "one of ours never comes to 0.5"
    (until, *numbers), *_ = milestones([lines(0.5), lines(0.25, 0.5)], theirs[1:])
    assert until == "until the kept state ranks as well as the peer's in the mean"
    assert numbers == [(100.0, 200.0), (300.0, 300.0), 2.0]
