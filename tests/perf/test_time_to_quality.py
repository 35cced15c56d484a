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
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("RBENCH_QUALITY", "rbench-quality"))
DATA = os.environ.get("RBENCH_QUALITY_DATA", "ml-100k").split(",")
TRAINERS = os.environ.get("RBENCH_QUALITY_TRAINERS", "recbole,rbench").split(",")
SEEDS = [int(seed) for seed in os.environ.get("RBENCH_QUALITY_SEEDS", "0,1,2").split(",")]


@pytest.mark.slow
@pytest.mark.parametrize("data", DATA)
def test_time_to_the_same_quality(benchmark, data, capsys):
    from quality import compared

    def train():
        return {trainer: [_train(trainer, data, seed) for seed in SEEDS] for trainer in TRAINERS}

    table = compared(benchmark.pedantic(train, rounds=1))
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
    from quality import kept, reached

    lines = [
        {"epoch": 1, "valid": 0.2, "test": 0.1},
        {"epoch": 2, "valid": 0.1, "test": 0.5},
        {"epoch": 3, "valid": 0.3, "test": 0.4},
    ]
    assert kept(lines)["epoch"] == 3
    assert reached(lines, 0.4)["epoch"] == 3
    assert reached(lines, 0.45) is None


def test_quality_is_compared_at_recboles_mean():
    from quality import compared

    def lines(*tests):
        return [{"epoch": i, "valid": i, "test": t, "cpu_seconds": 100.0 * i} for i, t in enumerate(tests, 1)]

    table = compared({"recbole": [lines(0.1, 0.25), lines(0.1, 0.375, 0.5)], "rbench": [lines(0.375), lines(0.25)]})
    head, _, theirs, ours = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
    assert head[-1] == "s to 0.3750"
    assert theirs == ["recbole", "0.3750", "0.2500 to 0.5000", "2 to 3", "200 to 300", "200 to 300", "never, 200"]
    assert ours == ["rbench", "0.3125", "0.2500 to 0.3750", "1", "100", "100", "100, never"]
