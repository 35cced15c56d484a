"""Over whom a rule takes an item's row: the clients that uploaded it, or all clients of the round.

- PIECK (Zhang et al., ICDE 2024) and Spattack (Zhang et al., AAAI 2025): the released code of both applies rules to
  each item by itself, over the clients whose gradients have a row for it.
- The rules' own papers: every client has every coordinate; a client without a row for an item then counts as zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ....core.config import Options, later

if TYPE_CHECKING:
    from torch import Tensor

    from ....models.federation.gradients import ClientGradients, Gradient
    from ... import Server


@dataclass(frozen=True)
class RowsConfig(Options):
    """How item rows are read."""

    rows: Literal["uploaders", "all"] = later("uploaders", published="all")
    """Whom an item's row is taken over: the clients that uploaded it, or all of the round, the others as zeros."""


def distrust(gradients: ClientGradients, server: Server, rows: Tensor, others: Tensor) -> None:
    """Tell the server how much of each client's upload was left out: the mean of item rows' share and of all else's.

    Args:
        gradients: The uploads of a round.
        server: Who is told.
        rows: ``[rows]``: the share of each item row that was left out.
        others: ``[clients]``: the same of all else.
    """
    from ....models.federation.suspicion import Suspicion

    of_rows = others.new_zeros(len(gradients)).index_add(0, gradients.clients, rows.to(others))
    counts = gradients.clients.bincount(minlength=len(gradients)).clamp(min=1)
    left_out = of_rows / counts
    if gradients.others.shape[1]:
        left_out = (left_out + others) / 2
    server.told.append(Suspicion.of(left_out.double().cpu().numpy()))


def middle(gradients: ClientGradients, values: Tensor) -> Tensor:
    """Return ``[rows]``: for each uploaded item row the median of ``[rows]`` over the item's uploaders."""
    from ....models.federation.uploaders import Uploaders

    def median(ascending: Tensor) -> Tensor:
        n = ascending.shape[-1]
        return (ascending[..., (n - 1) // 2] + ascending[..., n // 2]) / 2

    return Uploaders(gradients).by_coordinate(values[:, None], median)[gradients.items, 0]


def per_coordinate(
    gradients: ClientGradients, rows: str, fewest: Callable[[int], int], statistic: Callable[[Tensor], Tensor]
) -> Gradient:
    """Apply a statistic to every coordinate: of item rows over those whom ``rows`` names, of all else over all clients.

    Args:
        gradients: The uploads of a round.
        rows: ``uploaders`` or ``all``.
        fewest: From the number of clients to how many must list an item, if all count, for it to be other than zero.
        statistic: From ``[..., clients]``, ascending, to ``[...]``, on the scale of a sum over these clients.
    """
    from ....models.federation.columns import ascending, by_coordinate
    from ....models.federation.gradients import Gradient
    from ....models.federation.uploaders import Uploaders

    if rows == "all":
        return by_coordinate(gradients, fewest(len(gradients)), statistic)
    others = statistic(ascending(gradients.others.T.contiguous()))
    return Gradient(Uploaders(gradients).by_coordinate(gradients.rows, statistic), others)
