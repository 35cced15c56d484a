"""Krum scores (Blanchard et al., NeurIPS 2017): how far a client's gradient is from its nearest ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ....core.errors import UserError
from ....core.ranges import Range
from .rows import RowsConfig, distrust

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from ....models.federation.gradients import ClientGradients, Gradient
    from ... import Server


@dataclass(frozen=True)
class ByzantineConfig(RowsConfig):
    """How many malicious clients a rule reckons with."""

    byzantine: Annotated[float, Range(0, below=0.5)] = 0.1
    """Share of the clients that may be malicious, rounded down; below one half."""


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


def select(
    gradients: ClientGradients, config: ByzantineConfig, name: str, chosen: Callable[[int], int], server: Server
) -> Gradient:
    """Return the mean of the clients with the best scores, times the number of clients.

    With ``rows=uploaders`` every item's row chooses among its uploaders, and all else among all clients; a row with
    no more than 2 f + 2 uploaders is added up.

    Args:
        gradients: The uploads of a round.
        config: Over whom rows are taken, and how many malicious clients are reckoned with.
        name: The defense's, for the message.
        chosen: From a number of clients to how many of them are chosen; of equals, the shorter ones, so that the order
            of clients does not matter, or with ``rows=all`` the first.
        server: Is told whom the rule distrusts: those that are often not chosen; with ``rows=all`` it is told nothing.

    Raises:
        UserError: If there are not more than 2 f + 2 clients.
    """
    from ....models.federation.uploaders import Uploaders

    if config.rows == "all":
        return gradients.weighted(_weights(krum_scores(gradients, config.byzantine, name), chosen).to(gradients.rows))
    check_clients(len(gradients), config.byzantine, name)
    rows, lengths = gradients.rows.new_ones(len(gradients.rows)), gradients.rows.norm(dim=1)
    for block in Uploaders(gradients).blocks():
        n = block.places.shape[1]
        if n > 2 * (f := assumed(n, config.byzantine)) + 2:
            places = block.places.gather(1, lengths[block.places].argsort(1))
            rows[places] = _weights(neighbour_scores(gradients.rows[places], f), chosen).to(rows)
    order = gradients.others.norm(dim=1).argsort()
    scores = neighbour_scores(gradients.others[order], assumed(len(gradients), config.byzantine))
    others = _weights(scores, chosen)[order.argsort()].to(rows)
    distrust(gradients, server, (rows == 0).to(rows), (others == 0).to(rows))
    return gradients.scaled(rows, others)


def neighbour_scores(vectors: Tensor, f: int) -> Tensor:
    """Return float64 ``[..., n]``: the sum of squared distances of ``[..., n, d]`` to the n - f - 2 nearest others."""
    from ....models.federation.columns import ascending

    n = vectors.shape[-2]
    return ascending(squared_distances(vectors))[..., 1 : n - f - 1].sum(-1)


def squared_distances(vectors: Tensor) -> Tensor:
    """Return float64 ``[..., n, n]``: squared Euclidean distances between ``[..., n, d]``; of each to itself -1."""
    import torch

    wide = vectors.double()
    norms = wide.square().sum(-1, keepdim=True)
    one = torch.ones_like(norms)
    # |x|² + |y|² - 2 xy, as a product of longer vectors.
    distances = (torch.cat([-2 * wide, norms, one], -1) @ torch.cat([wide, one, norms], -1).mT).clamp_(min=0)
    distances = (distances + distances.mT) / 2  # the library's sums need not be the same on both sides
    distances.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
    return distances


def _weights(scores: Tensor, chosen: Callable[[int], int]) -> Tensor:
    """Return ``[..., n]``: n / m for the m best scores of ``[..., n]``, 0 for the others."""
    n = scores.shape[-1]
    m = chosen(n)
    best = scores.sort(dim=-1, stable=True).indices[..., :m]
    return scores.new_zeros(scores.shape).scatter_(-1, best, n / m)
