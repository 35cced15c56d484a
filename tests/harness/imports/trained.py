"""Train RecBole's models by its own trainer, and score with them as it does."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from rbench.models.sequential.recbole.door import model_class, undisturbed

PAGE = Path(__file__).resolve().parents[3] / "docs" / "handover.md"
N_ITEMS, LENGTH = 20, 5
TRANSFORMER = {"n_layers": 1, "n_heads": 2, "hidden_size": 8, "inner_size": 12, "hidden_act": "relu"}
DROPOUT = {"hidden_dropout_prob": 0.1, "attn_dropout_prob": 0.3}
GRU = {"embedding_size": 6, "hidden_size": 8, "num_layers": 2, "dropout_prob": 0.1}
OPTIONS: dict[str, dict[str, Any]] = {
    "SASRec": TRANSFORMER | DROPOUT,
    "SASRecF": TRANSFORMER | DROPOUT,
    "FDSA": TRANSFORMER | DROPOUT,
    "GRU4Rec": GRU,
    "GRU4RecF": GRU,
    "BERT4Rec": TRANSFORMER | DROPOUT | {"mask_ratio": 0.4, "ft_ratio": 0.3},
    "NARM": {"embedding_size": 6, "hidden_size": 8, "n_layers": 2, "dropout_probs": [0.1, 0.3]},
    "STAMP": {"embedding_size": 6},
    "Caser": {"embedding_size": 6, "nh": 3, "nv": 2, "dropout_prob": 0.1, "reg_weight": 0.01},
    "LightSANs": TRANSFORMER | DROPOUT | {"k_interests": 3},
    "SINE": {"embedding_size": 6, "prototype_size": 7, "interest_size": 2, "tau_ratio": 0.2},
    "HRM": {"embedding_size": 6, "dropout_prob": 0.1, "high_order": 3, "pooling_type_layer_2": "average"},
    "CORE": {"embedding_size": 8, "inner_size": 12, "n_layers": 1, "sess_dropout": 0.1, "temperature": 0.1} | DROPOUT,
    "CORE, ave": {"embedding_size": 6, "dnn_type": "ave"},
    "RepeatNet": {"embedding_size": 6, "hidden_size": 8, "dropout_prob": 0.1, "joint_train": True},
    "GCSAN": {"hidden_size": 8, "inner_size": 12, "n_layers": 1, "weight": 0.7, "step": 2} | DROPOUT,
    "NextItNet": {"embedding_size": 6, "block_num": 2, "dilations": [1, 2], "kernel_size": 2},
    "SRGNN": {"embedding_size": 6, "step": 2},
    "FOSSIL": {"embedding_size": 6, "order_len": 2, "alpha": 0.4},
    "HGN": {"embedding_size": 6, "pooling_type": "max"},
    "NPE": {"embedding_size": 6},
    "SHAN": {"embedding_size": 6, "short_item_length": 3},
    "TransRec": {"embedding_size": 6},
}
"""Options of each model, by RecBole's names, that are not its defaults."""
ITEMS = [f"film-{i}" for i in range(N_ITEMS)]


@dataclass
class Trained:
    """What RecBole has after training: its data set, its model at its best, and where its trainer saved that."""

    data: Any
    model: Any
    checkpoint: Path

    def scores(self, histories: Sequence[Sequence[int]], user: int = 0) -> torch.Tensor:
        """Score all items by ``full_sort_predict`` after histories of at most ``LENGTH`` items.

        Two of RecBole's own mistakes are stepped around: BERT4Rec drops a row's first item, and SHAN ranks by
        left-aligned rows, though it learns from right-aligned ones.
        """
        name, found = type(self.model).__name__, []
        for history in histories:
            row = torch.tensor(history)
            if name == "BERT4Rec" and len(row) < LENGTH:
                row = F.pad(row, (1, 0), value=1)
            room = (LENGTH - len(row), 0) if name == "SHAN" else (0, LENGTH - len(row))
            batch = {"item_id_list": F.pad(row, room)[None], "item_length": torch.tensor([len(row)])}
            with torch.no_grad():
                found.append(self.model.full_sort_predict(batch | {"user_id": torch.tensor([user])}).view(-1))
        return torch.stack(found)


def write_log(folder: Path) -> None:
    """Write a log in RecBole's format, whose order of items is none of theirs, and items' categories."""
    rng = np.random.default_rng(0)
    rows = [(user, item, when) for user in range(20) for when, item in enumerate(rng.permutation(N_ITEMS)[:6])]
    log = "".join(f"u{user}\t{ITEMS[item]}\t{when}\n" for user, item, when in rows)
    (folder / "tiny").mkdir()
    (folder / "tiny" / "tiny.inter").write_text(f"user_id:token\titem_id:token\ttimestamp:float\n{log}")
    items = "".join(f"{item}\tc{place % 3}\n" for place, item in enumerate(ITEMS))
    (folder / "tiny" / "tiny.item").write_text(f"item_id:token\tclass:token\n{items}")


def train(name: str, folder: Path) -> Trained:
    """Train for eight epochs, and take the state that the trainer saved."""
    cls = model_class(name.partition(",")[0])
    options = OPTIONS[name] | {
        "data_path": str(folder),
        "checkpoint_dir": str(folder / "saved"),
        "load_col": {"inter": ["user_id", "item_id", "timestamp"], "item": ["item_id", "class"]},
        "eval_args": {"split": {"LS": "valid_and_test"}, "order": "TO", "mode": "full"},
        "MAX_ITEM_LIST_LENGTH": LENGTH,
        "train_neg_sample_args": {"distribution": "uniform", "sample_num": 1} if name == "TransRec" else None,
        "epochs": 8,
        "learning_rate": 0.03,
        "gpu_id": "",
        "show_progress": False,
    }
    with undisturbed():
        os.chdir(folder)  # where RecBole writes its logs
        from recbole.config import Config
        from recbole.data import create_dataset, data_preparation
        from recbole.trainer import Trainer

        config = Config(model=cls, dataset="tiny", config_dict=options)
        data = create_dataset(config)
        batches, valid, _ = data_preparation(config, data)
        torch.autograd.set_detect_anomaly(False)
        trainer = Trainer(config, cls(config, batches.dataset))
        trainer.fit(batches, valid, verbose=False)
        # Its trainer saves the best epoch, which need not be the last.
        best = torch.load(trainer.saved_model_file, weights_only=False)
        trainer.model.load_state_dict(best["state_dict"])
    return Trained(data, trainer.model.eval(), Path(trainer.saved_model_file))


def write_items(dataset: Any) -> None:
    """Run what the page shows, which writes ``items.txt``."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(block, {"dataset": dataset})
