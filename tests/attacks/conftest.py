from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from rbench import attacks, datasets
from rbench.attacks import Provider
from rbench.benchmark.scenarios.pretrained.protocol.partition import split_users
from rbench.core.config import configure
from rbench.core.interactions import Interactions, Partition
from rbench.core.pretrained import Pretrained
from rbench.core.targets import Targets
from rbench.models.sasrec import SASRec, SASRecConfig
from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
from rbench.models.sequential.victim import Victim

SEED = 5


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Sums in parallel depend on the number of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def parties() -> Partition:
    spec = datasets.resolve("checkerboard")
    return split_users(spec.open(spec.configure({"users": 240, "items": 40, "longest": 16})).load(), "quantile:0.3")


@pytest.fixture(scope="session")
def provider(parties: Partition) -> Interactions:
    return parties.provider


@pytest.fixture(scope="session")
def targets(provider: Interactions) -> Targets:
    """Two items of each colour, for men."""
    items = [np.flatnonzero(provider.categories == c)[[2, 9]] for c in (1, 2)]
    return Targets(np.sort(np.concatenate(items)).astype(np.int32), "gender", ("M",))


@pytest.fixture(scope="session")
def victim() -> Victim:
    train = Schedule(loss="bpr", lr=5e-3, epochs=9, eval_every=3)
    config = SASRecConfig(hidden_size=16, inner_size=16, max_length=16)
    schedules = {"train": train, "prompttune": replace(train, epochs=4)}
    return Victim(SASRec, config, schedules, PromptConfig(), RankConfig())


@pytest.fixture(scope="module")
def clean(provider: Interactions, victim: Victim) -> Pretrained:
    return victim.train(provider, victim.schedules["train"], SEED)[0]


@pytest.fixture(scope="module")
def attack(provider: Interactions, targets: Targets, victim: Victim, clean: Pretrained) -> Callable[..., Any]:
    """Run an attack by name; returns what it hands over and its log."""

    def attack(name: str, handed: Any = None, **options: object) -> tuple[Pretrained, dict[str, Any]]:
        cls = attacks.registry.get(name)
        made = cls(configure(cls.Config, options, name))
        held = Provider(provider, targets, handed or victim, SEED, clean if made.uses_clean else None)
        return made.pretrain(held)

    return attack
