"""Trains RecTools' SASRec, in an environment of its own, on sequences in a file; prints JSON."""

from __future__ import annotations

import argparse
import json
import logging
import time
import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from pytorch_lightning import Callback, Trainer
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel
from rectools.models.nn.transformers.net_blocks import PointWiseFeedForward
from rectools.models.nn.transformers.sasrec import SASRecTransformerLayers


class Wider(SASRecTransformerLayers):
    """RecTools' layers, whose feed-forward blocks are as wide inside as outside, with a width of their own."""

    def __init__(self, n_blocks: int, n_factors: int, n_heads: int, dropout_rate: float, inner: int, **_: Any) -> None:
        super().__init__(n_blocks, n_factors, n_heads, dropout_rate)
        for block in self.transformer_blocks:
            block.feed_forward = PointWiseFeedForward(n_factors, inner, dropout_rate, torch.nn.GELU())


class Clock(Callback):
    """Seconds and real positions of every epoch, of the class, because RecTools copies the trainer."""

    epochs: ClassVar[list[tuple[float, int]]] = []

    def on_train_epoch_start(self, *_: Any) -> None:
        """Start."""
        self.positions, self.began = 0, time.perf_counter()

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: dict[str, Any], index: int) -> None:
        """Count labels that aren't padding."""
        self.positions += int((batch["y"] != 0).sum())

    def on_train_epoch_end(self, *_: Any) -> None:
        """Stop."""
        self.epochs.append((time.perf_counter() - self.began, self.positions))


def main() -> None:
    """Train as the command line says; the first epoch warms up and is not counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    for name in ("layers", "heads", "width", "inner", "length", "batch", "epochs"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--dropout", type=float, required=True)
    o = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    torch.set_num_threads(1)

    def trainer() -> Trainer:
        return Trainer(
            max_epochs=o.epochs + 1,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            callbacks=[Clock()],
        )

    model = SASRecModel(
        n_blocks=o.layers,
        n_heads=o.heads,
        n_factors=o.width,
        dropout_rate=o.dropout,
        session_max_len=o.length,
        batch_size=o.batch,
        loss="BCE",
        n_negatives=1,
        lr=1e-3,
        transformer_layers_type=Wider,
        transformer_layers_kwargs={"inner": o.inner},
        get_trainer_func=trainer,
    )
    model.fit(Dataset.construct(_frame(o.data)))
    seconds, positions = map(sum, zip(*Clock.epochs[1:], strict=True))
    print(json.dumps({"positions_per_second": positions / seconds, "positions": positions // o.epochs}))


def _frame(path: Path) -> pd.DataFrame:
    columns = np.load(path)
    return pd.DataFrame(
        {
            Columns.User: columns["users"],
            Columns.Item: columns["items"],
            Columns.Weight: 1.0,
            Columns.Datetime: pd.Timestamp("2000-01-01") + pd.to_timedelta(columns["positions"], unit="s"),
        }
    )


if __name__ == "__main__":
    main()
