"""Trains a victim by RecBole's own trainer until it stops, or by ours; a line of JSON an epoch.

    python tests/perf/victim_quality.py recbole gru4rec --out victim-quality
    python tests/perf/victim_quality.py rbench gru4rec --out victim-quality

Both train the same class of the same sizes by cross-entropy, on the same split of MovieLens-100K, with the same
stopping rule; both are judged by the same full ranking of the test items, history masked.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from quality import Clock, atomic_file
from victim_cases import CASES, CROSS_ENTROPY

from rbench import datasets, models
from rbench.benchmark.run.memory import keep_freed_memory
from rbench.core.interactions import Interactions
from rbench.models.sequential.encoder import SequenceEncoder
from rbench.models.sequential.randomness import seeded
from rbench.models.sequential.ranking import rank
from rbench.models.sequential.recbole.door import model_class, restore_numpy_names
from rbench.models.sequential.recbole.states import renamed
from rbench.models.sequential.settings import Schedule
from rbench.models.sequential.training.fit import fit

PATIENCE = 10
"""Looks at the validation items without improvement, one an epoch: RecBole's default."""


def accuracy(encoder: SequenceEncoder, data: Interactions) -> dict[str, float]:
    """Return HR@10 and NDCG@10 of the validation and of the test items among all items outside the history."""
    found = {}
    for name, history in (("valid", data.drop_last(1)), ("test", data)):
        ranks = rank(encoder, None, history.drop_last(1), history.items[history.offsets[1:] - 1], 1).held_out_rank
        found[f"{name} HR@10"] = float((ranks <= 10).mean())
        found[f"{name} NDCG@10"] = float(np.where(ranks <= 10, 1 / np.log2(ranks + 1), 0).mean())
    return found


def network(name: str, data: Interactions) -> tuple[SequenceEncoder, int]:
    """Return a fresh network and its longest history."""
    _, length, options, _ = CASES[name]
    cls = models.registry.get(name)
    return cls.build_for(cls.Config(**options, max_length=length), data), length


class InOrder:
    """RecBole's numbers of our items."""

    def __init__(self, dataset: Any, n_items: int) -> None:
        self.rows = np.concatenate([[0], dataset.token2id("item_id", [str(i) for i in range(1, n_items + 1)])])
        self.n_items = n_items

    def __call__(self, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return a state with one row an item, in our order, wherever RecBole's has one row an item."""
        rows = torch.from_numpy(self.rows)
        return {k: v[rows] if v.dim() and len(v) == self.n_items + 1 else v for k, v in state.items()}


def recbole(name: str, data: Interactions, seed: int, epochs: int, write: Any) -> None:
    """Train with RecBole's trainer and augmentation until it stops early."""
    restore_numpy_names()
    theirs, length, _, options = CASES[name]
    cls = model_class(theirs)
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation
    from recbole.trainer import Trainer
    from recbole.utils import init_seed

    atomic_file(data, Path("log"))
    _categories(data, Path("log"))
    fixed = {
        "seed": seed,
        "epochs": epochs,
        "stopping_step": PATIENCE,
        "MAX_ITEM_LIST_LENGTH": length,
        "valid_metric": "NDCG@10",
        "metrics": ["NDCG"],
        "eval_args": {"split": {"LS": "valid_and_test"}, "order": "TO", "mode": "full"},
        "load_col": {"inter": ["user_id", "item_id", "timestamp"], "item": ["item_id", "class"]},
        "data_path": ".",
        "checkpoint_dir": ".",
        "use_gpu": False,
        "show_progress": False,
    }
    config = Config(model=cls, dataset="log", config_dict={**fixed, **CROSS_ENTROPY, **options})
    torch.set_num_threads(1)
    torch.autograd.set_detect_anomaly(False)  # importing RecBole's models turned it on; results are the same
    init_seed(config["seed"], True)
    logs = create_dataset(config)
    batches, valid, _ = data_preparation(config, logs)
    model = cls(config, batches.dataset)
    trainer = Trainer(config, model)
    trainer._add_hparam_to_tensorboard = lambda score: None
    ordered, (ours, _), clock = InOrder(logs, data.n_items), network(name, data), Clock()

    def scores(epoch: int, score: float) -> None:
        with clock:
            ours.load_state_dict(ordered(renamed(theirs, model.state_dict())))
            write({"epoch": epoch + 1, "kept by": float(score), **accuracy(ours, data), **clock.read()})

    trainer.fit(batches, valid, saved=False, verbose=False, callback_fn=scores)


def rbench(name: str, data: Interactions, seed: int, epochs: int, write: Any) -> None:
    """Train with our loop until it stops early."""
    with seeded(seed, "weights"):
        encoder, _ = network(name, data)
    schedule = Schedule(loss="softmax", epochs=epochs, eval_every=1, patience=PATIENCE, weight_decay=0.0)
    clock = Clock()
    lines: list[dict[str, Any]] = []

    def scores(_: float) -> None:
        with clock:
            lines.append({"epoch": len(lines) + 1, **accuracy(encoder, data), **clock.read()})

    log = fit(encoder, None, data, schedule, seed, report=scores)
    for line, (_, score) in zip(lines, log["validation"], strict=True):
        write({"kept by": score, **line})


def _categories(data: Interactions, folder: Path) -> None:
    with (folder / f"{folder.name}.item").open("w") as file:
        file.write("item_id:token\tclass:token\n")
        for item, category in enumerate(data.categories[1:].tolist(), 1):
            file.write(f"{item}\tc{category}\n")


def main() -> None:
    """Train as the command line says, unless that was done before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trainer", choices=("recbole", "rbench"))
    parser.add_argument("model", choices=tuple(CASES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--users", type=int, default=943, help="a draw of so many, the same for all seeds")
    parser.add_argument("--out", type=Path, default=Path("victim-quality"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    name = f"{options.trainer}-{options.model}-{options.seed}"
    done, part = (options.out.resolve() / f"{name}{end}" for end in (".jsonl", ".part.jsonl"))
    if done.exists():
        return
    torch.set_num_threads(1)
    keep_freed_memory()
    data = datasets.resolve("ml-100k").open().load()
    data = data.take(np.sort(np.random.default_rng(0).permutation(data.n_users)[: options.users]))
    with tempfile.TemporaryDirectory() as folder, part.open("w", buffering=1) as file:
        os.chdir(folder)  # RecBole writes logs where it runs
        train = recbole if options.trainer == "recbole" else rbench
        train(options.model, data, options.seed, options.epochs, lambda line: print(json.dumps(line), file=file))
        os.chdir("/")
    part.rename(done)


if __name__ == "__main__":
    main()
