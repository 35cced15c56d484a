"""A training step on a large item table: Adam on the rows that a batch uses against Adam on all."""

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest
from publishing import Task

from rbench.core.interactions import Interactions
from rbench.models.sasrec import SASRec, SASRecConfig
from rbench.models.sequential.randomness import seeded
from rbench.models.sequential.settings import Schedule
from rbench.models.sequential.training import table_adam
from rbench.models.sequential.training.fit import fit

BATCHES, ROUNDS = 60, 3
TASK = Task(
    "table-adam",
    "Train on a large item table, Adam on the rows that a batch uses",
    "ms a step",
    "dense Adam",
    'make perf ARGS="-k test_a_step_against_dense_adam"',
    f"One layer, width 64, items by Zipf's rule, {BATCHES} steps an epoch, one thread.",
)


def clicks(n_items: int, batch: int, mean: int) -> Interactions:
    """Sequences of geometric lengths with ``mean`` labels on average; items by Zipf's rule."""
    rng = np.random.default_rng(0)
    lengths = 3 + rng.geometric(1 / mean, batch * BATCHES)  # two are held out, and one has no item before it
    odds = np.cumsum(1 / np.arange(10, n_items + 10))
    return Interactions(
        "zipf",
        (np.searchsorted(odds, rng.random(lengths.sum()) * odds[-1]) + 1).astype(np.int32),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.zeros(n_items + 1, np.int32),
        (),
        {},
        tuple(map(str, range(len(lengths)))),
        tuple(map(str, range(n_items))),
    )


def seconds(data: Interactions, batch: int) -> tuple[float, float]:
    """Train two epochs; returns the seconds a step of the first, in which no row is put off, and of the second."""
    with seeded(0, "weights"):
        encoder = SASRec.build(SASRecConfig(), data.n_items)
    ends = [time.perf_counter()]
    schedule = Schedule(weight_decay=0.0, epochs=2, batch_size=batch)
    fit(encoder, None, data, schedule, 0, select_on="last", report=lambda _: ends.append(time.perf_counter()))
    return (ends[1] - ends[0]) / BATCHES, (ends[2] - ends[1]) / BATCHES


@pytest.mark.parametrize("n_items", [20_000, 40_000, 130_000])
@pytest.mark.parametrize(("batch", "mean"), [(64, 5), (64, 20), (256, 24)])
def test_a_step_against_dense_adam(benchmark, monkeypatch, n_items, batch, mean, capsys, publish):
    data = clicks(n_items, batch, mean)
    monkeypatch.setattr(table_adam, "ROWS_PER_LABEL", 0)
    found: dict[int, list[tuple[float, float]]] = {0: [], 10**9: []}
    for _ in range(ROUNDS):
        for least, times in found.items():
            monkeypatch.setattr(table_adam, "MIN_ROWS", least)
            times.append(seconds(data, batch))
    benchmark.pedantic(seconds, args=(data, batch), rounds=1)
    young, ours = (statistics.median(times) for times in zip(*found[0], strict=True))
    dense = statistics.median(later for _, later in found[10**9])
    benchmark.extra_info |= {"rows": ours, "young": young, "dense": dense, "ratio": dense / ours}
    case = f"{batch} windows of {mean} labels, {n_items:,} items"
    publish(TASK, case, ours * 1e3, dense * 1e3, dense / ours)
    with capsys.disabled():
        print(
            f"\n{batch} windows of {mean} labels, {n_items:,} items, milliseconds a step: dense {dense * 1e3:.1f}, "
            f"rows {ours * 1e3:.1f}, {dense / ours:.2f} times; in the first {table_adam.YOUNG} {young * 1e3:.1f}"
        )
