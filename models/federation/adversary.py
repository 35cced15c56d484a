"""Who else takes part in the federation: the party behind malicious clients, and the server's rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .settings import FederationConfig

if TYPE_CHECKING:
    from torch import Tensor

    from .. import FederatedModel
    from .gradients import ClientGradients, Gradient
    from .parameters import Parameters


@dataclass(frozen=True, eq=False)
class Adversary:
    """What the party behind malicious clients holds before training: no data, no user's embedding.

    Attributes:
        clients: How many malicious clients there are.
        targets: int32 ``[targets]``: item ids to promote.
        n_items: Number of items; ids run from 1.
        protocol: What every client is told of training (learning rate, negatives, loss, ...).
        model: The kind of model that every client runs.
        config: Its hyper-parameters.
        seed: The attack's own; draw from ``core.seeds.generator(seed, ...)``.
        device: Where to compute.
    """

    clients: int
    targets: NDArray[np.int32]
    n_items: int
    protocol: FederationConfig
    model: type[FederatedModel]
    config: Any
    seed: int
    device: str = "cpu"


class Coalition(Protocol):
    """Malicious clients in training; what they remember is their own."""

    def upload(self, parameters: Parameters, clients: Tensor) -> ClientGradients:
        """Return what some malicious clients upload in a round.

        Args:
            parameters: The round's global parameters; not to be changed.
            clients: int64 ``[k]``: which malicious clients the round selected, counted from 0.
        """
        ...


class Poisoning(Protocol):
    """What training asks of an attack by malicious clients."""

    def malicious(self, benign: int) -> int:
        """Return how many malicious clients join ``benign`` benign ones."""
        ...

    def recruit(self, adversary: Adversary) -> Coalition:
        """Return the malicious clients, ready for the first round."""
        ...


@dataclass(frozen=True, eq=False)
class Server:
    """What the server's rule may use besides the uploads.

    Attributes:
        rng: For rules that draw.
        memory: Empty before the first round, then what the rule keeps there.
    """

    rng: np.random.Generator
    memory: dict[str, Any] = field(default_factory=dict)


class Aggregation(Protocol):
    """What training asks of a defense that aggregates."""

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the gradient that the server descends, on the scale of a sum over the round's clients."""
        ...
