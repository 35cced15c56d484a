"""What share of the machine's floating-point limit training reaches."""

from __future__ import annotations

import statistics

import pytest
from publishing import Task

from rbench.models.sequential.training.fit import validation_split
from rbench.models.sequential.training.windows import Windows

ROUNDS, EPOCHS = 3, 3
TASK = Task(
    "training-limit",
    "Train SASRec on MovieLens-100K, against the processor's limit",
    "positions/s",
    "torch's product",
    'make perf ARGS="-k test_share_of_the_limit"',
    "The limit is a float32 product of two 2048 × 2048 matrices in the same run, one thread; ratio: the share of it "
    "that training reaches, its work counted by hand in tests/perf/flops.py.",
)


@pytest.mark.parametrize(("length", "loss"), [(50, "bpr"), (100, "bpr"), (100, "softmax")])
def test_share_of_the_limit(benchmark, movielens, our_training, length, loss, capsys, publish):
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
    case = f"length {length}, {loss}, {operations / 1e6:.2f} MFLOP a position"
    publish(TASK, case, speed, torchs / 1e9, of_torchs, peer_unit="GFLOP/s")
    publish(TASK, case, speed, onednns / 1e9, of_onednns, against="oneDNN's product", peer_unit="GFLOP/s")
    with capsys.disabled():
        print(
            f"\nlength {length}, {loss}: {operations / 1e6:.2f} MFLOP a position, {speed:,.0f} positions a second: "
            f"{speed * operations / 1e9:.1f} GFLOP a second, {of_torchs:.0%} of {torchs / 1e9:.1f} (torch's product), "
            f"{of_onednns:.0%} of {onednns / 1e9:.1f} (oneDNN's)"
        )
