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
    "narm": ("NARM", 20, {}, {}),
    "stamp": ("STAMP", 20, {}, {}),
    "caser": ("Caser", 10, {}, {}),
    "lightsans": ("LightSANs", 20, {}, {}),
    "sine": ("SINE", 20, {}, {}),
    "hrm": ("HRM", 2, {}, {}),
    "bert4rec": ("BERT4Rec", LENGTH, {}, {}),
    "core": ("CORE", 20, {}, {}),
    "repeatnet": ("RepeatNet", 20, {}, {}),
}
"""Victim to RecBole's model, longest history, our options and RecBole's, where they are not the defaults of both."""

PREFIXES = 0.1
"""Share of the prefixes that an epoch of a benchmark sees, where each is a row of its own."""
LEARNED: Mapping[str, float] = {
    **dict.fromkeys(("narm", "stamp", "caser", "lightsans", "sine", "hrm", "core", "repeatnet"), PREFIXES),
    "bert4rec": 0.1,
}
"""Share of the labels learned in an epoch, where it is not all. BERT4Rec hides a fifth in half of its rows; the last
items that it hides in the others are not counted, which makes ours seem a little slower than it is."""
