"""ALIE, a little is enough (Baruch, Baruch and Goldberg, NeurIPS 2019), around another attack.

- Paper: attackers estimate mean μ and standard deviation σ of every coordinate from their own clients. To prevent
  learning they all upload μ − zσ. To plant a backdoor they train on it, and keep every coordinate between μ − zσ and
  μ + zσ (section 3.4); z is so small that enough honest clients lie further out.
- rbench: the second. Of what another attack uploads every coordinate is kept between the two. μ and σ are those of
  made-up honest clients, of an item's row over those that upload it; where fewer than two do, over all of their rows.
  z is given by hand: an attacker does not know how many clients there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ...core.ranges import Positive
from .. import Adversary, FederatedAttack, register
from .common.bounded import Bounded, BoundedConfig

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients


@dataclass(frozen=True)
class AlieConfig(BoundedConfig):
    """Options of ALIE."""

    z: Positive = 1.0
    """Standard deviations z that a coordinate may be from the mean."""


@register
class Alie(FederatedAttack[AlieConfig]):
    """Keep another attack's upload within the spread of honest ones, coordinate by coordinate."""

    paper = "Baruch et al., A Little Is Enough: Circumventing Defenses for Distributed Learning, NeurIPS 2019"

    def recruit(self, adversary: Adversary) -> Bounded:
        """Return the wrapped attack's clients, whose uploads are kept within the spread."""
        return Bounded(adversary, self.config, partial(clamped, z=self.config.z))


def clamped(found: ClientGradients, honest: ClientGradients, z: float) -> ClientGradients:
    """Return uploads, each coordinate at most z standard deviations from honest clients' mean."""
    from dataclasses import replace

    mean, spread = by_item(honest)
    middle, off = mean[found.items], z * spread[found.items]
    rows = found.rows.clamp(middle - off, middle + off)
    middle = honest.others.mean(0)
    off = z * ((honest.others - middle).square().sum(0) / (len(honest) - 1)).sqrt()
    return replace(found, rows=rows, others=found.others.clamp(middle - off, middle + off))


def by_item(honest: ClientGradients) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation, ``[n_items + 1, d]``, over an item's uploaders; see the module."""
    rows, items = honest.rows, honest.items
    counts = items.bincount(minlength=honest.n_items + 1).to(rows.dtype)[:, None]
    zeros = rows.new_zeros(len(counts), rows.shape[1])
    mean = zeros.index_add(0, items, rows) / counts.clamp(min=1)
    squares = zeros.index_add(0, items, (rows - mean[items]).square())
    spread = (squares / (counts - 1).clamp(min=1)).sqrt()
    few = counts[:, 0] < 2
    mean[few], spread[few] = rows.mean(0), rows.std(0)
    return mean, spread
