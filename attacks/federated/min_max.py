"""Min-Max (Shejwalkar and Houmansadr, Manipulating the Byzantine, NDSS 2021), around another attack.

- Paper: attackers upload the mean μ of honest gradients plus γ times a direction, with the largest γ for which the
  upload is no further from any honest gradient than two of these are from each other. Directions are against the mean,
  to prevent learning; γ is found by halving.
- rbench: the direction is that of what another attack uploads, so that the attack is a targeted one. Honest gradients
  are those of made-up clients, since attackers see no others. γ is the root of a quadratic equation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import Adversary, FederatedAttack, register
from .common.bounded import Bounded, BoundedConfig

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients


@dataclass(frozen=True)
class MinMaxConfig(BoundedConfig):
    """Options of Min-Max."""


@register
class MinMax(FederatedAttack[MinMaxConfig]):
    """Go from the honest mean in another attack's direction, as far as honest clients are from each other."""

    paper = "Shejwalkar and Houmansadr, Manipulating the Byzantine: Optimizing Model Poisoning Attacks, NDSS 2021"

    def recruit(self, adversary: Adversary) -> Bounded:
        """Return the wrapped attack's clients, whose uploads are moved to where honest clients could be."""
        return Bounded(adversary, self.config, moved)


def moved(found: ClientGradients, honest: ClientGradients) -> ClientGradients:
    """Return, for each client, the honest mean and as much of its own direction as stays within honest distances."""
    import torch

    from ...models.federation.gradients import ClientGradients, merge_rows

    n = len(honest)
    mean = honest.weighted(honest.others.new_full((n,), 1 / n))
    listed = torch.unique(honest.items)
    widest = honest.squared_distances().max()
    between = products(honest, mean.items, mean.others)  # [honest]
    from_mean = honest.squared_norms() - 2 * between + (mean.items.square().sum() + mean.others.square().sum())
    lengths = found.squared_norms().sqrt().clamp(min=1e-30)
    clients, items, rows, others = [], [], [], []
    for k in range(len(found)):
        own = found.of(k)
        along = (mean.items * own.items).sum() + mean.others @ own.others
        # |μ + γ u - x|² = γ² + 2 γ u(μ - x) + |μ - x|², for the unit vector u.
        half = (along - products(honest, own.items, own.others)) / lengths[k]
        room = (widest - from_mean).clamp(min=0)
        step = ((half.square() + room).sqrt() - half).min().clamp(min=0) / lengths[k]
        touched = found.items[found.clients == k]
        both = torch.cat([listed, touched])
        clients.append(torch.full_like(both, k))
        items.append(both)
        rows.append(torch.cat([mean.items[listed], step * own.items[touched]]))
        others.append(mean.others + step * own.others)
    merged = merge_rows(found.n_items, torch.cat(clients), torch.cat(items), torch.cat(rows).to(found.rows))
    return ClientGradients(found.n_items, *merged, torch.stack(others).to(found.others))


def products(uploads: ClientGradients, items: Tensor, others: Tensor) -> Tensor:
    """Return ``[clients]``: the inner product of each upload with ``[n_items + 1, d]`` and ``[m]``."""
    own = (uploads.rows * items[uploads.items]).sum(1)
    return (uploads.others @ others).index_add(0, uploads.clients, own)
