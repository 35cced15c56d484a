"""RecBole's own training of a sequential model, for the benchmarks."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from rbench.benchmark.run.memory import keep_freed_memory
from rbench.models.sequential.recbole.door import restore_numpy_names

Clock = Callable[[], float]


def speed(
    model: str,
    options: Mapping[str, Any],
    n_batches: int,
    length: int,
    folder: str,
    tuned: bool,
    clock: Clock = time.perf_counter,
) -> float:
    """Train some batches on MovieLens-100K, one thread; returns positions a second of the clock.

    ``tuned`` is faster than its users have it: autograd's search for anomalies is off, which importing
    RecBole's models turns on, and freed memory stays with the process. Results are the same.
    """
    if tuned:
        keep_freed_memory()
    restore_numpy_names()
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation

    cls = getattr(importlib.import_module(f"recbole.model.sequential_recommender.{model.lower()}"), model)
    fixed = {
        "MAX_ITEM_LIST_LENGTH": length,
        "train_batch_size": 2048,
        "load_col": {"inter": ["user_id", "item_id", "timestamp"], "item": ["item_id", "class"]},
        "eval_args": {"split": {"LS": "valid_and_test"}, "order": "TO", "mode": "full"},
        "use_gpu": False,
        "show_progress": False,
        "checkpoint_dir": folder,
    }
    config = Config(model=cls, dataset="ml-100k", config_dict={**fixed, **options})
    torch.set_num_threads(1)
    data = create_dataset(config)
    batches, _, _ = data_preparation(config, data)
    network = cls(config, batches.dataset)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    assert torch.is_anomaly_enabled()
    torch.autograd.set_detect_anomaly(not tuned)
    network.train()
    positions, began = 0, 0.0
    for i, batch in zip(range(n_batches + 1), batches, strict=False):
        if i == 1:  # the first batch warms up
            positions, began = 0, clock()
        optimizer.zero_grad()
        network.calculate_loss(batch).backward()
        optimizer.step()
        positions += len(batch)
    return positions / (clock() - began)
