"""Checkpoints as RecBole's trainer saves them, to be spoilt at will."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from rbench.models.sequential.recbole.door import model_class

OPTIONS = {"hidden_size": 2, "act": "relu", "rate": 0.5, "names": ["a", "b"], "device": torch.device("cpu")}


def state() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    made = torch.randn(5, 4, generator=generator)
    return {"item_embedding.weight": made[:, :2], "turned": made.T, "ids": torch.arange(3), "shared": made[2]}


def saved(protocol: int = 4, **changes: Any) -> bytes:
    """Return the bytes of a checkpoint: RecBole's classes are pickled by name, so they must be there."""
    cls = model_class("GRU4Rec")
    from recbole.config import Config

    config = object.__new__(Config)
    vars(config).update(final_config_dict=OPTIONS, model_class=cls, model="GRU4Rec")
    held = {"config": config, "epoch": 1, "best_valid_score": np.float64(0.5), "state_dict": state()}
    file = io.BytesIO()
    torch.save(held | {"other_parameter": None, "optimizer": {}} | changes, file, pickle_protocol=protocol)
    return file.getvalue()


def packed(members: Mapping[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()
