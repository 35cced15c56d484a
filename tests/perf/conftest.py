"""Two ways to train the same SASRec on the same MovieLens-100K: RecBole's own, and ours."""

from __future__ import annotations

import functools
import multiprocessing
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from rbench import datasets
from rbench.benchmark.run.memory import keep_freed_memory
from rbench.models.sasrec import SASRec, SASRecConfig
from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
from rbench.models.sequential.victim import Victim

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode lets no test import what lies beside it

SIZES = {"n_layers": 2, "n_heads": 2, "hidden_size": 64, "inner_size": 256}


def pytest_addoption(parser):
    parser.addoption("--perf-json", type=Path, help="the folder in which each task's numbers are kept: docs/perf")


@pytest.fixture
def publish(request):
    """Return what writes a case's numbers, see publishing.record; does nothing unless --perf-json says where."""
    from publishing import record

    folder = request.config.getoption("--perf-json")
    return functools.partial(record, folder) if folder else lambda *given, **named: None


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def movielens():
    return datasets.resolve("ml-100k").open().load()


@pytest.fixture(scope="session")
def cikm_like():
    """A twentieth of the paper's clicks: 24 a user on average, 33 among those with ten or more."""
    spec = datasets.resolve("synthetic-cikm")
    return spec.open(spec.configure({"scale": 0.05})).load()


@pytest.fixture(scope="session")
def recbole_training(tmp_path_factory):
    """Return a function that trains a model of RecBole's for some batches and returns positions a second."""
    from recbole_training import speed

    def train(model: str, options: Mapping[str, Any], n_batches: int, length: int, tuned: bool, **more: Any) -> float:
        # In a process of its own: importing RecBole's models turns autograd's search for anomalies on.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            folder = str(tmp_path_factory.mktemp("recbole"))
            return pool.submit(speed, model, options, n_batches, length, folder, tuned, **more).result()

    return train


@pytest.fixture(scope="session")
def our_training(movielens):
    """Return a function that trains our victim for some epochs, after one to warm up; gives positions a second."""

    def train(epochs: int, length: int, loss: str, batch_size: int = 32, data=movielens, **options) -> float:
        keep_freed_memory()  # as stages do
        options |= {"epochs": epochs + 1, "eval_every": epochs + 1, "batch_size": batch_size, "eval_users": 1}
        schedule = Schedule(loss=loss, **options)
        config = SASRecConfig(**SIZES, dropout=0.2, hidden_act="gelu", max_length=length)
        ends: list[float] = []
        victim = Victim(
            SASRec,
            config,
            {"train": schedule},
            PromptConfig(),
            RankConfig(),
            report=lambda _: ends.append(time.perf_counter()),
        )
        _, log = victim.train(data, schedule, 0)
        return log["labels"] * epochs / (ends[-1] - ends[0])

    return train
