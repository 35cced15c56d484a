"""Which model of RecBole's each victim is, and the sizes at which benchmarks compare the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Options = Mapping[str, Any]
SIZES = {"n_layers": 2, "n_heads": 2, "hidden_size": 64, "inner_size": 256, "hidden_act": "gelu"}
DROPOUT = {"hidden_dropout_prob": 0.2, "attn_dropout_prob": 0.2}
TRANSFORMER = SIZES | {"dropout": 0.2, "attention_dropout": 0.2}, SIZES | DROPOUT
CROSS_ENTROPY = {"loss_type": "CE", "train_neg_sample_args": None}
LENGTH = 50

CASES: Mapping[str, tuple[str, int, Options, Options]] = {
    "sasrec": ("SASRec", LENGTH, *TRANSFORMER),
    "gru4rec": ("GRU4Rec", LENGTH, {}, {}),
    "gru4recf": ("GRU4RecF", LENGTH, {}, {"selected_features": ["class"]}),
    "sasrecf": ("SASRecF", LENGTH, *TRANSFORMER),
    "fdsa": ("FDSA", LENGTH, *TRANSFORMER),
}
"""Victim to RecBole's model, longest history, our options and RecBole's, where they are not the defaults of both."""
