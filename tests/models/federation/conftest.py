"""A small federation with everything that goes wrong in a large one, and the plain loop over clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from rbench.core.interactions import Interactions
from rbench.models.federation.gradients import ClientGradients, LocalGradients
from rbench.models.federation.mlp.layers import layers
from rbench.models.federation.mlp.network import local_gradients
from rbench.models.federation.parameters import Parameters
from rbench.models.federation.samples import Samples
from rbench.models.ncf import NCF, NCFConfig


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def build(sequences: Sequence[Sequence[int]], n_items: int) -> Interactions:
    lengths = [len(s) for s in sequences]
    return Interactions(
        "small",
        np.array([i for s in sequences for i in s], np.int32),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.zeros(n_items + 1, np.int32),
        (),
        {},
        tuple(map(str, range(len(sequences)))),
        tuple(map(str, range(n_items))),
    )


@pytest.fixture
def interactions() -> Callable[..., Interactions]:
    return build


@pytest.fixture
def small() -> Interactions:
    """Users with no test item, one item, all items, repeated items, an item in both parts, and none at all."""
    rng = np.random.default_rng(0)
    everything = [*range(1, 21)] * 2
    odd = [[3], [], everything, [5, 5, 5, 6, 7], [1, 2, 3, 4, 1], [9, 8], [4, 4, 4, 4, 4, 4, 4, 4, 4, 4]]
    return build([*odd, *(rng.integers(1, 21, rng.integers(1, 60)).tolist() for _ in range(20))], 20)


class Plain(torch.nn.Module):
    """One client's network as anybody would write it."""

    def __init__(self, parameters: Parameters, user: torch.Tensor) -> None:
        super().__init__()
        self.user = torch.nn.Parameter(user.clone())
        self.items = torch.nn.Embedding.from_pretrained(parameters.items.clone(), freeze=False)
        modules: list[torch.nn.Module] = []
        for weight, bias in layers(parameters.named()):
            linear = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
            linear.weight.data.copy_(weight)
            linear.bias.data.copy_(bias)
            modules += [linear, torch.nn.ReLU()]
        self.layers = torch.nn.Sequential(*modules[:-1])

    def forward(self, items: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        own = self.user.expand(len(items), -1) if users is None else users
        return self.layers(torch.cat([own, self.items(items)], 1))[:, 0]

    def uploads(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self.items.weight.grad, torch.cat([p.grad.flatten() for p in self.layers.parameters()])


@pytest.fixture
def plain() -> type[Plain]:
    return Plain


@pytest.fixture
def draw() -> Callable[..., tuple[Parameters, dict[str, Any]]]:
    """Draw parameters, and clients' samples of given lengths, as arguments of a pass."""

    def draw(lengths: Sequence[int], n_items: int = 20, hidden=(8, 8), seed: int = 0, dtype=torch.float64):
        rng = np.random.default_rng(seed)
        drawn = NCF(NCFConfig(hidden=hidden, initializer_std=0.5)).parameters(n_items, rng)
        others = drawn.others + torch.from_numpy(rng.normal(0, 0.2, len(drawn.others)))
        total = sum(lengths)
        lots = torch.tensor(lengths, dtype=torch.long)
        samples = Samples(
            torch.from_numpy(rng.integers(1, n_items + 1, total)),
            torch.from_numpy(rng.integers(0, 2, total)).to(dtype),
            lots.cumsum(0) - lots,
            lots,
        )
        given = {
            "users": torch.from_numpy(rng.normal(0, 0.5, (len(lengths), 8))).to(dtype),
            "samples": samples,
            "weights": torch.from_numpy(rng.random(len(lengths))).to(dtype),
        }
        return Parameters(drawn.items.to(dtype), others.to(dtype), drawn.shapes), given

    return draw


@pytest.fixture
def random_uploads() -> Callable[..., ClientGradients]:
    """Draw sparse uploads in float64."""

    def make(n: int, n_items: int = 6, width: int = 2, seed: int = 0, density: float = 0.5) -> ClientGradients:
        rng = np.random.default_rng(seed)
        clients, items = np.nonzero(rng.random((n, n_items)) < density)
        rows, others = rng.normal(size=(len(items), width)), rng.normal(size=(n, 3))
        return ClientGradients(n_items, *map(torch.from_numpy, (clients, items + 1, rows, others)))

    return make


@pytest.fixture
def compute() -> Callable[..., LocalGradients]:
    return lambda parameters, given, wanted="users": local_gradients(parameters, **given, wanted=wanted)
