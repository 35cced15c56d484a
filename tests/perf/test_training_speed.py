"""Positions trained a second: whole sequences against RecBole's one padded row a prefix."""

from __future__ import annotations

import pytest
from publishing import Task

TASK = Task(
    "training-recbole",
    "Train SASRec on MovieLens-100K",
    "positions/s",
    "RecBole 1.2.0",
    'make perf ARGS="-k test_training_against_recbole"',
    "Two layers, two heads, width 64, inner width 256, GELU, dropout 0.2, one thread each. RecBole has BPR in every "
    "row. Tuned: without autograd's search for anomalies, which importing RecBole's models turns on, and with freed "
    "memory kept; its results are the same.",
)

THEIRS = {
    "n_layers": 2,
    "n_heads": 2,
    "hidden_size": 64,
    "inner_size": 256,
    "hidden_dropout_prob": 0.2,
    "attn_dropout_prob": 0.2,
    "hidden_act": "gelu",
    "loss_type": "BPR",
    "train_neg_sample_args": {"distribution": "uniform", "sample_num": 1},
}


@pytest.mark.parametrize(("length", "loss"), [(50, "bpr"), (100, "bpr"), (100, "softmax")])
def test_training_against_recbole(benchmark, recbole_training, our_training, length, loss, capsys, publish):
    theirs, tuned = (recbole_training("SASRec", THEIRS, 3, length, tuned) for tuned in (False, True))
    ours = benchmark.pedantic(our_training, args=(3, length, loss), rounds=3, warmup_rounds=1)
    benchmark.extra_info |= {"positions_per_second": ours, "recbole": theirs, "ratio": ours / theirs}
    benchmark.extra_info |= {"recbole_tuned": tuned}
    publish(TASK, f"length {length}, {loss}", ours, theirs, ours / theirs)
    publish(TASK, f"length {length}, {loss}", ours, tuned, ours / tuned, against="RecBole 1.2.0, tuned")
    with capsys.disabled():
        print(
            f"\nlength {length}, {loss}: {ours:,.0f} positions a second; "
            f"RecBole (BPR) {theirs:,.0f}, {tuned:,.0f} tuned; {ours / theirs:.0f} and {ours / tuned:.0f} times"
        )
