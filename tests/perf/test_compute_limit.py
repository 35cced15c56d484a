"""What share of the machine's floating-point limit training reaches."""

from __future__ import annotations

import statistics

import pytest

from rbench.models.sequential.training.fit import validation_split
from rbench.models.sequential.training.windows import Windows

ROUNDS, EPOCHS = 3, 3


@pytest.mark.parametrize(("length", "loss"), [(50, "bpr"), (100, "bpr"), (100, "softmax")])
def test_share_of_the_limit(benchmark, movielens, our_training, length, loss, capsys):
    from flops import limit, training_flops

    data, _, _ = validation_split(movielens)
    lengths = Windows(data, length).lengths
    outputs = 2 if loss == "bpr" else data.n_items
    operations = training_flops(lengths, n_layers=2, hidden_size=64, inner_size=256, outputs=outputs) / lengths.sum()
    rounds = []
    for _ in range(ROUNDS):
        limits = limit(), limit(by_onednn=True)
        speed = our_training(EPOCHS, length, loss)
        rounds.append((speed, *limits, *(speed * operations / most for most in limits)))
    benchmark.pedantic(our_training, args=(1, length, loss), rounds=1)
    speed, torchs, onednns, of_torchs, of_onednns = map(statistics.median, zip(*rounds, strict=True))
    benchmark.extra_info |= {"flops_per_position": operations, "limits": [torchs, onednns]}
    with capsys.disabled():
        print(
            f"\nlength {length}, {loss}: {operations / 1e6:.2f} MFLOP a position, {speed:,.0f} positions a second: "
            f"{speed * operations / 1e9:.1f} GFLOP a second, {of_torchs:.0%} of {torchs / 1e9:.1f} (torch's product), "
            f"{of_onednns:.0%} of {onednns / 1e9:.1f} (oneDNN's)"
        )
