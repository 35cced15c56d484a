"""Krum scores (Blanchard et al., NeurIPS 2017): how far a client's gradient is from its nearest ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ....core.config import Options
from ....core.errors import UserError
from ....core.ranges import Range

if TYPE_CHECKING:
    from torch import Tensor

    from ....models.federation.gradients import ClientGradients


@dataclass(frozen=True)
class ByzantineConfig(Options):
    """How many malicious clients a rule reckons with."""

    byzantine: Annotated[float, Range(0, below=0.5)] = 0.1
    """Share of a round's clients that may be malicious, rounded down; below one half."""


def assumed(n: int, byzantine: float) -> int:
    """Return how many of ``n`` clients are reckoned with as malicious."""
    return math.floor(byzantine * n + 1e-9)


def check_clients(n: int, byzantine: float, name: str) -> None:
    """Refuse rounds too small for the rule.

    Raises:
        UserError: If ``n`` clients are not more than 2 f + 2.
    """
    f = assumed(n, byzantine)
    if n <= 2 * f + 2:
        raise UserError(
            f"{name}.byzantine={byzantine:g} reckons with {f} of a round's {n} clients, which takes more than "
            f"{2 * f + 2} clients; choose federation.clients_per_round so that an epoch's last round has more."
        )


def krum_scores(gradients: ClientGradients, byzantine: float, name: str) -> Tensor:
    """Return float64 ``[clients]``: the sum of squared distances to the n - f - 2 nearest other clients.

    Args:
        gradients: The uploads of a round.
        byzantine: Share of the round's clients that may be malicious.
        name: The defense's, for the message.

    Raises:
        UserError: If there are not more than 2 f + 2 clients.
    """
    n = len(gradients)
    check_clients(n, byzantine, name)
    f = assumed(n, byzantine)
    # The smallest distance of each row is that to the client itself, zero.
    distances = gradients.squared_distances().fill_diagonal_(-1.0).sort(1).values
    return distances[:, 1 : n - f - 1].sum(1)
