"""Positions trained a second: whole sequences against RecBole's one padded row a prefix."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("length", "loss"), [(50, "bpr"), (100, "bpr"), (100, "softmax")])
def test_training_against_recbole(benchmark, recbole_training, our_training, length, loss, capsys):
    theirs, quicker = (recbole_training(3, length, anomalies) for anomalies in (True, False))
    ours = benchmark.pedantic(our_training, args=(3, length, loss), rounds=3, warmup_rounds=1)
    benchmark.extra_info |= {"positions_per_second": ours, "recbole": theirs, "ratio": ours / theirs}
    benchmark.extra_info |= {"recbole_without_anomalies": quicker}
    with capsys.disabled():
        print(
            f"\nlength {length}, {loss}: {ours:,.0f} positions a second; "
            f"RecBole (BPR) {theirs:,.0f}, {quicker:,.0f} without its search for anomalies; "
            f"{ours / theirs:.0f} and {ours / quicker:.0f} times"
        )
