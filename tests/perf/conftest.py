"""Two ways to train the same SASRec on the same MovieLens-100K: RecBole's own, and ours."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
import torch

from rbench import datasets
from rbench.models.engine.recbole_layers import restore_numpy_names
from rbench.models.engine.settings import PromptConfig, RankConfig, TrainConfig
from rbench.models.engine.victim import Victim
from rbench.models.sasrec import SASRec, SASRecConfig

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode lets no test import what lies beside it

SIZES = {"n_layers": 2, "n_heads": 2, "hidden_size": 64, "inner_size": 256}


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
def recbole_training(tmp_path_factory):
    """Return a function that trains RecBole's SASRec for some batches and returns positions a second."""
    return lambda n_batches, length: _recbole(n_batches, length, str(tmp_path_factory.mktemp("recbole")))


def _recbole(n_batches: int, length: int, folder: str) -> float:
    restore_numpy_names()
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation
    from recbole.model.sequential_recommender.sasrec import SASRec as Theirs

    options = {
        **SIZES,
        "hidden_dropout_prob": 0.2,
        "attn_dropout_prob": 0.2,
        "hidden_act": "gelu",
        "loss_type": "BPR",
        "MAX_ITEM_LIST_LENGTH": length,
        "train_neg_sample_args": {"distribution": "uniform", "sample_num": 1},
        "train_batch_size": 2048,
        "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
        "eval_args": {"split": {"LS": "valid_and_test"}, "order": "TO", "mode": "full"},
        "use_gpu": False,
        "show_progress": False,
        "checkpoint_dir": folder,
    }
    config = Config(model=Theirs, dataset="ml-100k", config_dict=options)
    torch.set_num_threads(1)
    data = create_dataset(config)
    batches, _, _ = data_preparation(config, data)
    model = Theirs(config, batches.dataset)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    model.train()
    positions, began = 0, 0.0
    for i, batch in zip(range(n_batches + 1), batches, strict=False):
        if i == 1:  # the first batch warms up
            positions, began = 0, time.perf_counter()
        optimizer.zero_grad()
        model.calculate_loss(batch).backward()
        optimizer.step()
        positions += len(batch)
    return positions / (time.perf_counter() - began)


@pytest.fixture(scope="session")
def our_training(movielens):
    """Return a function that trains our victim for some epochs, after one to warm up; gives positions a second."""

    def train(epochs: int, length: int, loss: str, batch_size: int = 32) -> float:
        schedule = TrainConfig(epochs=epochs + 1, eval_every=epochs + 1, batch_size=batch_size, loss=loss, eval_users=1)
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
        _, log = victim.train(movielens, schedule, 0)
        return log["labels"] * epochs / (ends[-1] - ends[0])

    return train
