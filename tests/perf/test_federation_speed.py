"""Seconds for an epoch of a federation with all metrics: rounds in one batch against a loop over clients."""

from __future__ import annotations

import resource
import time

import numpy as np
import pytest
import torch
from publishing import Task

from rbench.core.interactions import Interactions
from rbench.models.federation.mlp.layers import layers
from rbench.models.federation.settings import FederationConfig
from rbench.models.federation.simulation import Simulation
from rbench.models.ncf import NCF, NCFConfig

USERS, ITEMS, INTERACTIONS = 6040, 3706, 1_000_208
SAMPLE = 300
"""Clients that the loop goes through; its time is scaled up to all."""
TASK = Task(
    "federation",
    "Train and measure an epoch of a federation",
    "s",
    "a loop over clients",
    'make perf ARGS="-k test_an_epoch_against_a_loop"',
    "6,040 clients, 3,706 items, a million interactions, no attack. The loop does the same work with a small forward "
    f"and backward pass a client and one thread of torch; {SAMPLE} clients are measured and scaled up.",
)
THREADS = {1: "one thread", 2: "two threads"}


@pytest.fixture(scope="module")
def movielens_like() -> Interactions:
    """As many users, items and interactions as MovieLens-1M: log-normal lengths, popularity by Zipf's rule."""
    rng = np.random.default_rng(0)
    lengths = np.exp(rng.normal(4.4, 1.0, USERS))
    for _ in range(20):  # clipping changes the sum
        lengths = np.clip(lengths * (INTERACTIONS / lengths.sum()), 20, 2314)
    lengths = lengths.round().astype(np.int64)
    odds = np.log(1 / np.arange(10, ITEMS + 10))
    items = [np.argpartition(-(odds + rng.gumbel(size=ITEMS)), n - 1)[:n] + 1 for n in lengths]
    return Interactions(
        "movielens-like",
        np.concatenate(items).astype(np.int32),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.zeros(ITEMS + 1, np.int32),
        (),
        {},
        tuple(map(str, range(USERS))),
        tuple(map(str, range(ITEMS))),
    )


class Client(torch.nn.Module):
    """One client's copy of what the server sends, as anybody would write it."""

    def __init__(self, user: torch.Tensor, rows: torch.Tensor, named: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.user, self.rows = torch.nn.Parameter(user.clone()), torch.nn.Parameter(rows)
        self.weights, self.biases = torch.nn.ParameterList(), torch.nn.ParameterList()
        for weight, bias in layers(named):
            self.weights.append(weight.clone())
            self.biases.append(bias.clone())

    def forward(self) -> torch.Tensor:
        hidden = torch.cat([self.user.expand(len(self.rows), -1), self.rows], 1)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = torch.nn.functional.linear(hidden, weight, bias).relu()
        return torch.nn.functional.linear(hidden, self.weights[-1], self.biases[-1])[:, 0]


def loop(simulation: Simulation, data: Interactions, target: int) -> tuple[float, float]:
    """Train and rank a sample of clients one after the other; returns seconds for all clients."""
    given, population = simulation.parameters, simulation.population
    samples = population.samples
    clients = np.random.default_rng(1).choice(USERS, SAMPLE, replace=False).tolist()
    share = int(samples.lengths[clients].sum()) / int(samples.lengths.sum())
    table, others = torch.zeros_like(given.items), torch.zeros_like(given.others)
    began = time.perf_counter()
    for client in clients:
        some = slice(int(samples.starts[client]), int(samples.starts[client] + samples.lengths[client]))
        items, labels = samples.items[some], samples.labels[some]
        net = Client(population.users[client], given.items[items], given.named())
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(), labels)
        loss.backward()
        table.index_add_(0, items, net.rows.grad)
        pairs = zip(net.weights, net.biases, strict=True)
        others += torch.cat([p.grad.flatten() for pair in pairs for p in pair])
        population.users[client] -= 0.001 * net.user.grad
        float(loss)
    training = time.perf_counter() - began
    began = time.perf_counter()
    with torch.no_grad():
        for client in clients:
            seen = data.of(client)
            cut = len(seen) - len(seen) // 5
            scores = Client(population.users[client], given.items, given.named())()
            scores[[0, *seen[:cut].tolist()]] = -torch.inf
            top = scores.topk(30).indices.tolist()
            [target in top[:k] for k in (5, 10, 20, 30)]
            held = {*seen[cut:].tolist()}
            sum(1 / np.log2(place + 2) for place, item in enumerate(top[:20]) if item in held)
    ranking = time.perf_counter() - began
    # A client costs a fixed time and one for each sample: scaled by both, the smaller estimate counts.
    return training * min(USERS / SAMPLE, 1 / share), ranking * USERS / SAMPLE


@pytest.mark.parametrize("threads", [*THREADS])
def test_an_epoch_against_a_loop(benchmark, movielens_like, threads, capsys, publish) -> None:
    """Torch has one thread for both: with two, the loop trains more slowly, and ours has threads of its own."""
    counts = movielens_like.item_counts()[1:]
    target = int(np.argmin(counts)) + 1
    targets = np.array([target], np.int32)
    simulation = Simulation(movielens_like, NCF(NCFConfig()), FederationConfig(), targets, 0, threads=threads)
    looped = loop(simulation, movielens_like, target)
    seconds = {"training": [], "ranking": []}

    def epoch() -> None:
        began = time.perf_counter()
        simulation.train(0)
        trained = time.perf_counter()
        simulation.evaluation.measure(simulation.parameters, simulation.population.users)
        seconds["training"].append(trained - began)
        seconds["ranking"].append(time.perf_counter() - trained)

    benchmark.pedantic(epoch, rounds=5, warmup_rounds=1)
    ours = {name: float(np.median(taken)) for name, taken in seconds.items()}
    ratio = sum(looped) / sum(ours.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    benchmark.extra_info |= {**ours, "loop_training": looped[0], "loop_ranking": looped[1], "ratio": ratio}
    benchmark.extra_info |= {"peak_mib": peak, "interactions": len(movielens_like.items)}
    publish(TASK, THREADS[threads], sum(ours.values()), sum(looped), ratio)
    with capsys.disabled():
        print(
            f"\n{threads} threads, {len(movielens_like.items):,} interactions, seconds an epoch: training "
            f"{ours['training']:.2f}, ranking {ours['ranking']:.2f}; loop over clients, scaled up from {SAMPLE}: "
            f"{looped[0]:.1f} and {looped[1]:.1f}; {ratio:.0f} times; peak {peak:,.0f} MiB"
        )
