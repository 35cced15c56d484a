"""Positions trained a second: ours against RecTools' SASRec, both on whole sequences with one negative a position.

RecTools' releases want other versions of NumPy than ours, so it has an environment of its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from pathlib import Path

import numpy as np
import pytest
from publishing import Task

from rbench.core.interactions import Interactions
from rbench.models.sequential.training.fit import validation_split

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-rectools" / "bin" / "python"
ROUNDS, EPOCHS = 3, 3
NAMES = {"movielens": "MovieLens-100K", "cikm_like": "synthetic-cikm at scale 0.05"}
TASK = Task(
    "training-rectools",
    "Train SASRec",
    "positions/s",
    "RecTools 0.19.0",
    'make perf ARGS="-k test_training_against_rectools"',
    "Wants make rectools first. Binary cross-entropy with one negative against BPR with one negative, the same sizes, "
    "one thread, real positions only, freed memory kept by both, no weight decay; ratio: the median of three "
    "interleaved ones.",
)


@pytest.fixture
def rectools_training(tmp_path):
    """Return a function that trains RecTools' SASRec and returns real positions a second."""
    if not PYTHON.is_file():
        pytest.skip("RecTools' environment is not there: make rectools")

    def train(data: Interactions, length: int, batch_size: int) -> float:
        data, _, _ = validation_split(data)
        positions = np.arange(len(data.items)) - np.repeat(data.offsets[:-1], data.lengths)
        np.savez(tmp_path / "data.npz", users=data.users, items=data.items, positions=positions)
        options = {"layers": 2, "heads": 2, "width": 64, "inner": 256, "dropout": 0.2}
        options |= {"length": length, "batch": batch_size, "epochs": EPOCHS}
        command = [str(PYTHON), str(HERE / "rectools_training.py"), str(tmp_path / "data.npz")]
        command += [f"--{name}={value}" for name, value in options.items()]
        kept = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1)}  # as in our process
        alone = {**os.environ, **kept, "PYTHONPATH": "", "OMP_NUM_THREADS": "1"}
        printed = subprocess.run(command, capture_output=True, check=True, text=True, env=alone, cwd=tmp_path).stdout
        return json.loads(printed.splitlines()[-1])["positions_per_second"]

    return train


@pytest.mark.parametrize(
    ("data", "length", "batch_size"),
    [*(("movielens", length, batch_size) for length in (50, 100) for batch_size in (32, 128)), ("cikm_like", 50, 128)],
)
def test_training_against_rectools(
    benchmark, request, rectools_training, our_training, data, length, batch_size, capsys, publish
):
    name, data = data, request.getfixturevalue(data)
    hands = {"data": data, "weight_decay": 0.0}  # RecTools' Adam has none
    theirs, ours = [], []
    for _ in range(ROUNDS):
        theirs.append(rectools_training(data, length, batch_size))
        ours.append(our_training(EPOCHS, length, "bpr", batch_size, **hands))
    benchmark.pedantic(our_training, args=(1, length, "bpr", batch_size), kwargs=hands, rounds=1)
    us, them = statistics.median(ours), statistics.median(theirs)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    benchmark.extra_info |= {"positions_per_second": us, "rectools": them, "ratio": ratio}
    publish(TASK, f"{NAMES[name]}, length {length}, {batch_size} sequences a batch", us, them, ratio)
    with capsys.disabled():
        print(
            f"\n{name}, length {length}, {batch_size} sequences a batch: {us:,.0f} positions a second; "
            f"RecTools {them:,.0f}; {ratio:.1f} times"
        )
