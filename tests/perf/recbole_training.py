"""RecBole's own training of SASRec, for the benchmarks."""

from __future__ import annotations

import time

import torch

from rbench.benchmark.run.memory import keep_freed_memory
from rbench.models.sequential.recbole.door import restore_numpy_names


def speed(n_batches: int, length: int, folder: str, tuned: bool) -> float:
    """Train some batches on MovieLens-100K, one thread; returns positions a second.

    ``tuned`` is faster than its users have it: autograd's search for anomalies is off, which importing
    RecBole's models turns on, and freed memory stays with the process. Results are the same.
    """
    if tuned:
        keep_freed_memory()
    restore_numpy_names()
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation
    from recbole.model.sequential_recommender.sasrec import SASRec as Theirs

    options = {
        "n_layers": 2,
        "n_heads": 2,
        "hidden_size": 64,
        "inner_size": 256,
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

    assert torch.is_anomaly_enabled()
    torch.autograd.set_detect_anomaly(not tuned)
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
