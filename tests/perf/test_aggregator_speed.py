"""Processor seconds for an epoch of a federation under each aggregator, against the plain sum."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from publishing import Task
from test_federation_speed import movielens_like  # noqa: F401  a fixture

from rbench import defenses
from rbench.benchmark.scenarios.federated.stages import simulation
from rbench.core.config import configure
from rbench.models.federation.settings import FederationConfig
from rbench.models.ncf import NCF, NCFConfig

TASK = Task(
    "aggregators",
    "Train and measure an epoch of a federation under an aggregator",
    "s",
    "the plain sum",
    'make perf ARGS="-k test_an_epoch_under_an_aggregator"',
    "6,040 clients, 3,706 items, a million interactions, no attack; processor seconds of one thread, the median of "
    "three epochs. The sum needs no client's gradients by themselves.",
)


def seconds(data, name: str | None, rows: str) -> float:
    """Return processor seconds of an epoch, ranking included."""
    rule = None
    if name is not None:
        cls = defenses.registry.get(name)
        rule = cls(configure(cls.Config, {"rows": rows}, name))
    run = simulation(data, NCF(NCFConfig()), FederationConfig(), np.array([7]), 0, aggregator=rule)
    taken = []
    for epoch in range(4):
        began = time.process_time()
        run.train(epoch)
        run.evaluation.measure(run.parameters, run.population.users)
        taken.append(time.process_time() - began)
    return float(np.median(taken[1:]))


@pytest.mark.parametrize("rows", ["uploaders", "all"])
@pytest.mark.parametrize(
    "name", ["median", "trimmed-mean", "norm-bound", "centered-clipping", "krum", "multi-krum", "nnm"]
)
def test_an_epoch_under_an_aggregator(benchmark, movielens_like, name, rows, capsys, publish) -> None:  # noqa: F811
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        plain = seconds(movielens_like, None, rows)
        ours = benchmark.pedantic(seconds, (movielens_like, name, rows), rounds=1)
    finally:
        torch.set_num_threads(threads)
    publish(TASK, f"{name}, rows={rows}", ours, plain, plain / ours)
    with capsys.disabled():
        print(f"\n{name}, rows={rows}: {ours:.2f} s an epoch, {ours / plain:.1f} times the sum's {plain:.2f}")
