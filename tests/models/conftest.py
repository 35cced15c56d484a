from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from rbench import datasets
from rbench.core.interactions import Attribute, Interactions
from rbench.models.sasrec import SASRec, SASRecConfig
from rbench.models.sequential.layers.transformer import Transformer


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Sums in parallel depend on the number of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def build() -> Callable[..., Interactions]:
    """Make interactions from lists; users' attributes side and age go round with the users."""

    def build(sequences: list[list[int]], n_items: int) -> Interactions:
        users = np.arange(len(sequences))
        return Interactions(
            name="lists",
            items=np.array([i for s in sequences for i in s], np.int32),
            offsets=np.cumsum([0, *map(len, sequences)]).astype(np.int64),
            categories=np.zeros(n_items + 1, np.int32),
            category_names=(),
            attributes={
                "side": Attribute((users % 3).astype(np.int32), ("left", "right")),
                "age": Attribute((users % 4).astype(np.int32), ("10", "20", "30")),
            },
            user_ids=tuple(map(str, users)),
            item_ids=tuple(map(str, range(1, n_items + 1))),
        )

    return build


@pytest.fixture(scope="session")
def transformer() -> Callable[..., Transformer]:
    """Make a network whose weights are all random and large enough for every part to matter."""

    def transformer(n_items: int, seed: int = 0, std: float = 0.4, **sizes: object) -> Transformer:
        usual = SASRecConfig(hidden_size=8, inner_size=12, max_length=9)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            made = SASRec.build(replace(usual, **sizes), n_items)  # type: ignore[arg-type]
            for parameter in made.parameters():
                torch.nn.init.normal_(parameter, std=std)
        return made.eval()

    return transformer


@pytest.fixture(scope="session")
def board() -> Interactions:
    """A small checkerboard."""
    spec = datasets.resolve("checkerboard")
    return spec.open(spec.configure({"users": 200, "items": 40, "longest": 16})).load()
