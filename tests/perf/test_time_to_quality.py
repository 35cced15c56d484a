"""Seconds to the same NDCG@10 on the test items: RecBole until it stops early, ours until it ranks as well.

Hours, so only ``make quality`` runs it. RBENCH_QUALITY names the folder in which finished trainings stay,
RBENCH_QUALITY_DATA the data sets (ml-100k by default; ml-1m asks for its files), RBENCH_QUALITY_SEEDS the seeds.
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
SEEDS = [int(seed) for seed in os.environ.get("RBENCH_QUALITY_SEEDS", "0").split(",")]


@pytest.mark.slow
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("seed", SEEDS)
def test_time_to_the_same_quality(benchmark, data, seed, capsys):
    from quality import kept, reached

    theirs = _train("recbole", data, seed)
    ours = benchmark.pedantic(_train, args=("rbench", data, seed), rounds=1)
    best = kept(theirs)
    found = reached(ours, best["test"])
    summary = {"data": data, "seed": seed, "recbole": best, "rbench": found, "rbench_kept": kept(ours)}
    if found:
        summary["ratio"] = best["cpu_seconds"] / found["cpu_seconds"]
    with (FOLDER / "summary.jsonl").open("a") as file:
        print(json.dumps(summary), file=file)
    benchmark.extra_info |= summary
    with capsys.disabled():
        print(f"\n{data}, seed {seed}: RecBole's test NDCG@10 {best['test']:.4f} in {best['cpu_seconds']:,.0f} s")
        print(f"ours in {found['cpu_seconds']:,.0f} s, {summary['ratio']:.0f} times faster" if found else "never ours")


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
