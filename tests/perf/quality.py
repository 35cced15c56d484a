"""Trains RecBole's SASRec to convergence, or ours until it ranks the test items as well; a line of JSON an epoch.

    python tests/perf/quality.py recbole --out quality
    python tests/perf/quality.py replay --out quality
    python tests/perf/quality.py rbench --out quality

The replay is RecBole's training by faster steps: it tells what RecBole's comes to, not how long it takes.
All see the same sequences in the same order, and all are judged by the same full ranking of the
test items, history masked. Clocks stop while the test items are ranked.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rbench import datasets
from rbench.benchmark.run.memory import keep_freed_memory
from rbench.core.interactions import Interactions
from rbench.models.sasrec import SASRec, SASRecConfig
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.randomness import seeded
from rbench.models.sequential.ranking import rank
from rbench.models.sequential.recbole.door import restore_numpy_names
from rbench.models.sequential.settings import Schedule
from rbench.models.sequential.training.fit import fit

Write = Callable[[dict[str, Any]], None]
Lines = list[dict[str, Any]]
SIZES = {"n_layers": 2, "n_heads": 2, "hidden_size": 64, "inner_size": 256, "hidden_act": "gelu"}
LENGTH = 50
DROPOUT = 0.2
AVERAGE = 0.1


class Clock:
    """Seconds by the wall and by the processor since ``before``, without those spent inside ``with clock``."""

    def __init__(self, before: Mapping[str, Any] | None = None) -> None:
        self.began, self.idle = self._now(), np.zeros(2)
        if before:
            self.began -= before["seconds"], before["cpu_seconds"]

    def _now(self) -> Any:
        return np.array([time.perf_counter(), time.process_time()])

    def __enter__(self) -> Clock:
        self.paused = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        self.idle += self._now() - self.paused

    def read(self) -> dict[str, float]:
        wall, cpu = (self._now() - self.began - self.idle).tolist()
        return {"seconds": round(wall, 2), "cpu_seconds": round(cpu, 2)}


def ndcg(encoder: Transformer, data: Interactions, mask_history: bool = True) -> float:
    """Return NDCG@10 of the test items among all items, or all outside the history."""
    truth = data.items[data.offsets[1:] - 1]
    ranks = rank(encoder, None, data.drop_last(1), truth, 1, mask_history).held_out_rank
    return float(np.where(ranks <= 10, 1 / np.log2(ranks + 1), 0).mean())


class RecBole:
    """RecBole's data, model and trainer for a data set; its files go to the working directory.

    Attributes:
        batches: Its training batches.
        valid: Its validation batches.
        model: Its SASRec.
        trainer: Its trainer, tuned.
        rows: int ``[n_items + 1]``: RecBole's number of every item.
    """

    def __init__(self, data: Interactions, seed: int, epochs: int, dropout: float = DROPOUT) -> None:
        restore_numpy_names()
        from recbole.config import Config
        from recbole.data import create_dataset, data_preparation
        from recbole.model.sequential_recommender.sasrec import SASRec
        from recbole.trainer import Trainer
        from recbole.utils import init_seed

        atomic_file(data, Path("log"))
        options = {
            **SIZES,
            "hidden_dropout_prob": dropout,
            "attn_dropout_prob": dropout,
            "seed": seed,
            "epochs": epochs,
            "loss_type": "CE",
            "train_neg_sample_args": None,
            "MAX_ITEM_LIST_LENGTH": LENGTH,
            "valid_metric": "NDCG@10",
            "metrics": ["NDCG"],
            "metric_decimal_place": 6,
            "eval_args": {"split": {"LS": "valid_and_test"}, "order": "TO", "mode": "full"},
            "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
            "data_path": ".",
            "checkpoint_dir": ".",
            "use_gpu": False,
            "show_progress": False,
        }
        config = Config(model=SASRec, dataset="log", config_dict=options)
        torch.set_num_threads(1)
        torch.autograd.set_detect_anomaly(False)  # importing RecBole's models turned it on; results are the same
        init_seed(config["seed"], True)
        logs = create_dataset(config)
        self.batches, self.valid, _ = data_preparation(config, logs)
        self.model = SASRec(config, self.batches.dataset)
        self.trainer = Trainer(config, self.model)
        self.trainer._add_hparam_to_tensorboard = lambda score: None
        numbers = logs.token2id("item_id", [str(item) for item in range(1, data.n_items + 1)])
        self.rows = np.concatenate([[0], numbers])

    def weights(self) -> dict[str, Any]:
        """Return the model's weights as our layers name and number them."""
        weights = self.model.state_dict()
        return weights | {"item_embedding.weight": weights["item_embedding.weight"][self.rows]}


def recbole(data: Interactions, seed: int, epochs: int, write: Write, state: Path) -> None:
    """Train with RecBole's trainer, augmentation and own settings until it stops early.

    On MovieLens-1M this takes hours: after every epoch all of it is kept in ``state``, to go on from there.
    """
    saved = resumed(state, write)
    lines: Lines = saved["lines"]
    theirs = RecBole(data, seed + 1000 * len(lines), epochs)  # with the same seed it would draw the same batches again
    model, trainer, ours = theirs.model, theirs.trainer, layers(data, 0.0)
    if lines:
        model.load_state_dict(saved["model"])
        trainer.optimizer.load_state_dict(saved["optimizer"])
        trainer.start_epoch, trainer.best_valid_score, trainer.cur_step = len(lines), saved["best"], saved["stale"]
    clock, positions = Clock(lines[-1] if lines else None), len(theirs.batches.dataset)

    def scores(epoch: int, score: float) -> None:
        with clock:
            ours.load_state_dict(theirs.weights())
            masked = ndcg(ours, data.drop_last(1))  # RecBole's own score leaves items of the history in
            line = {"epoch": epoch + 1, "valid": float(score), "masked valid": masked, "test": ndcg(ours, data)}
            lines.append(line | {"positions": positions} | clock.read())
            keep(state, lines, trainer.best_valid_score, trainer.cur_step, model, trainer.optimizer)
            write(lines[-1])

    trainer.fit(theirs.batches, theirs.valid, saved=False, verbose=False, callback_fn=scores)


def layers(data: Interactions, dropout: float) -> Transformer:
    """Return our layers of RecBole's sizes."""
    return Transformer(
        data.n_items, **SIZES, dropout=dropout, attention_dropout=dropout, max_length=LENGTH, initializer_range=0.02
    )


def replay(data: Interactions, seed: int, epochs: int, write: Write, state: Path) -> None:
    """Train as RecBole does, by :mod:`recbole_steps`, on two threads; kept after every epoch like RecBole."""
    from recbole.utils import early_stopping
    from recbole_steps import Steps

    saved = resumed(state, write)
    lines, best, stale = saved["lines"], saved["best"], saved["stale"]
    torch.manual_seed(seed + 1000 * len(lines))
    rng = np.random.default_rng((seed, len(lines)))
    encoder = layers(data, DROPOUT)
    steps = Steps(encoder, data.drop_last(2), threads=2)
    if lines:
        encoder.load_state_dict(saved["model"])
        steps.optimizer.load_state_dict(saved["optimizer"])
    clock, stop = Clock(lines[-1] if lines else None), False
    while not stop and len(lines) < epochs:
        loss = steps.epoch(rng)
        score = ndcg(encoder, data.drop_last(1), mask_history=False)  # as RecBole's
        best, stale, stop, _ = early_stopping(score, best, stale, max_step=10, bigger=True)
        with clock:
            line = {"epoch": len(lines) + 1, "loss": loss, "valid": score}
            line |= {"masked valid": ndcg(encoder, data.drop_last(1)), "test": ndcg(encoder, data)}
            lines.append(line | {"positions": len(steps.rows)} | clock.read())
            keep(state, lines, best, stale, encoder, steps.optimizer)
            write(lines[-1])


def resumed(state: Path, write: Write) -> dict[str, Any]:
    """Return what :func:`keep` wrote, or that of no epoch, and write its lines."""
    saved = torch.load(state, weights_only=True) if state.exists() else {"lines": [], "best": -np.inf, "stale": 0}
    for line in saved["lines"]:
        write(line)
    return saved


def keep(
    state: Path, lines: Lines, best: float, stale: int, model: torch.nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    """Write all of a training from which it can go on."""
    at = {"best": float(best), "stale": stale, "lines": lines}
    torch.save(at | {"model": model.state_dict(), "optimizer": optimizer.state_dict()}, f"{state}.new")
    os.replace(f"{state}.new", state)


def rbench(data: Interactions, seed: int, epochs: int, write: Write, _: Path) -> None:
    """Train with our loop, on whole sequences, until it stops early."""
    config = SASRecConfig(**SIZES, dropout=DROPOUT, attention_dropout=DROPOUT, max_length=LENGTH)
    schedule = Schedule(
        loss="softmax", epochs=epochs, eval_every=1, patience=10, weight_decay=0.0, windows="random", average=AVERAGE
    )
    with seeded(seed, "weights"):
        encoder = SASRec.build(config, data.n_items)
    clock, lines = Clock(), []

    def scores(_: float) -> None:
        with clock:
            lines.append({"epoch": len(lines) + 1, "test": ndcg(encoder, data)} | clock.read())

    log = fit(encoder, None, data, schedule, seed, report=scores)
    for line, (_, valid) in zip(lines, log["validation"], strict=True):
        write(line | {"valid": valid, "positions": log["labels"]})


TRAINERS = {"recbole": recbole, "replay": replay, "rbench": rbench}


def atomic_file(data: Interactions, folder: Path) -> None:
    """Write the sequences as RecBole reads them; a position is the time, because its times are float32."""
    folder.mkdir(parents=True)
    position = np.arange(len(data.items)) - np.repeat(data.offsets[:-1], data.lengths)
    with (folder / f"{folder.name}.inter").open("w") as file:
        file.write("user_id:token\titem_id:token\ttimestamp:float\n")
        for row in zip(data.users, data.items, position, strict=True):
            file.write("{}\t{}\t{}\n".format(*row))


def main() -> None:
    """Train as the command line says, unless that was done before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trainer", choices=tuple(TRAINERS))
    parser.add_argument("--data", default="ml-100k")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("quality"))
    options = parser.parse_args()
    name = f"{options.trainer}-{options.data}-{options.seed}".replace(":", "-")
    options.out.mkdir(parents=True, exist_ok=True)
    done, part, state = (options.out.resolve() / f"{name}{end}" for end in (".jsonl", ".part.jsonl", ".state.pt"))
    if done.exists():
        return
    torch.set_num_threads(1)
    keep_freed_memory()  # RecBole's batches are of 100 MB a layer: this halves its time
    data = datasets.resolve(options.data).open().load()
    with tempfile.TemporaryDirectory() as folder, part.open("w", buffering=1) as file:
        os.chdir(folder)  # RecBole writes logs where it runs
        train = TRAINERS[options.trainer]
        train(data, options.seed, options.epochs, lambda line: print(json.dumps(line), file=file), state)
        os.chdir("/")
    part.rename(done)
    state.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
