"""Positions trained a second: whole sequences against RecBole's one padded row a prefix."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_training_against_recbole(benchmark, recbole_training, our_training, loss, capsys):
    recbole_training(1)
    theirs = recbole_training(3)
    ours = benchmark.pedantic(our_training, args=(3, loss), rounds=3, warmup_rounds=1)
    benchmark.extra_info |= {"positions_per_second": ours, "recbole": theirs, "ratio": ours / theirs}
    with capsys.disabled():
        print(f"\n{loss}: {ours:,.0f} positions a second; RecBole (BPR) {theirs:,.0f}; {ours / theirs:.0f} times")
