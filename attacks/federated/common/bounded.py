"""Attackers who know that the server distrusts what is far from the others, and move a wrapped attack's upload closer.

They hold no honest client's upload: they estimate what it looks like from made-up clients that train by the protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from ....core.methods import find, make
from ....core.ranges import Count, Range
from ....core.seeds import generator
from ... import Adversary, Coalition, FederatedAttack, registry
from .fake_users import FakeUsers
from .malicious import MaliciousConfig

if TYPE_CHECKING:
    from torch import Tensor

    from ....models.federation.gradients import ClientGradients
    from ....models.federation.parameters import Parameters


@dataclass(frozen=True)
class BoundedConfig(MaliciousConfig):
    """Options of attacks that move another attack's upload closer to what honest clients upload."""

    attack: str = "a-hum"
    """Name of the attack whose upload is moved, under its own defaults; it must promote to everybody."""
    honest: Annotated[int, Range(2)] = 20
    """Made-up honest clients from which the attacker estimates what honest ones upload."""
    profile: Count = 30
    """Items, drawn at random, that each of these has interacted with."""

    def __post_init__(self) -> None:
        """Refuse names that are no attack by malicious clients, or one that is wrapped itself."""
        super().__post_init__()
        wrapped = find(registry, self.attack, FederatedAttack)
        if wrapped.audience != "all" or issubclass(wrapped.Config, BoundedConfig):
            raise ValueError(
                f"attack={self.attack} cannot be wrapped; choose one that promotes to everybody by itself."
            )

    @property
    def parts(self) -> Mapping[str, type[Any]]:
        """The wrapped attack, by name."""
        return {self.attack: registry.get(self.attack)}


Move = Callable[["ClientGradients", "ClientGradients"], "ClientGradients"]
"""From what the wrapped attack uploads, and what made-up honest clients do, to what is uploaded in its place."""


class Bounded:
    """Clients of a wrapped attack, whose uploads are moved.

    Args:
        adversary: The attacker behind them.
        config: Which attack, and how many made-up honest clients.
        move: How.
    """

    def __init__(self, adversary: Adversary, config: BoundedConfig, move: Move) -> None:
        attack = make(registry, config.attack, {"malicious": config.malicious}, FederatedAttack)
        self._wrapped: Coalition = attack.recruit(adversary)
        self._honest, self._move = HonestClients(adversary, config.honest, config.profile), move

    def upload(self, parameters: Parameters, clients: Tensor) -> ClientGradients:
        """Return the wrapped attack's upload, moved closer to what honest clients upload."""
        found = self._wrapped.upload(parameters, clients)
        return self._move(found, self._honest.upload(parameters, len(clients)))


class HonestClients:
    """Made-up clients that train by the protocol on items drawn at random; the targets are negatives of all of them.

    Args:
        adversary: The attacker who makes them up.
        clients: How many.
        profile: Items that each has interacted with; at most all but the targets.
    """

    def __init__(self, adversary: Adversary, clients: int, profile: int) -> None:
        import torch

        targets = np.unique(adversary.targets).astype(np.int64)
        others = np.setdiff1d(np.arange(1, adversary.n_items + 1), targets)
        rng = generator(adversary.seed, "honest")
        drawn = [rng.choice(others, min(profile, len(others)), False) for _ in range(clients)]
        self._fakes = FakeUsers(adversary, np.stack(drawn), "honest")
        samples = self._fakes.population.samples
        # A cold item is nearly always a negative; the last samples of a client are its negatives.
        last = (samples.starts + samples.lengths)[:, None] - 1 - torch.arange(len(targets))
        kept = last >= samples.starts[:, None]
        samples.items[last[kept]] = torch.from_numpy(targets).to(samples.items.device).expand_as(last)[kept]
        self._all, self._period, self._uploads = torch.arange(clients), adversary.clients, 0

    def upload(self, parameters: Parameters, uploads: int) -> ClientGradients:
        """Return what all of them would upload, and let them learn once an epoch.

        Args:
            parameters: The round's global parameters.
            uploads: How many malicious clients the round selected; an epoch selects each once.
        """
        self._uploads += uploads
        turn = self._uploads >= self._period
        if turn:
            self._uploads -= self._period
        return self._fakes.compute(parameters, self._all.to(parameters.items.device), learn=turn)
