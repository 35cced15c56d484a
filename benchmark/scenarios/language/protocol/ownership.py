"""Which items are the attacker's, and of which the platform trusts the titles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .....core.errors import UserError
from .....core.seeds import generator


@dataclass(frozen=True, eq=False)
class Ownership:
    """Items by who words their titles.

    Attributes:
        own: int32 ``[own]``; the attacker's items, sorted.
        trusted: bool ``[n_items + 1]``; items whose titles the platform trusts, none of them the attacker's.
    """

    own: NDArray[np.int32]
    trusted: NDArray[np.bool_]


def draw(n_items: int, own: float, trusted: float, seed: int) -> Ownership:
    """Draw both, uniformly; with the same seed a larger share of own items holds the smaller.

    Args:
        n_items: Number of items.
        own: Share of the attacker's, rounded, at least one item.
        trusted: Share of the trusted, rounded, at least one item.
        seed: Of the draw.

    Raises:
        UserError: If they do not fit.
    """
    wanted, known = max(1, round(own * n_items)), max(1, round(trusted * n_items))
    if wanted + known > n_items:
        raise UserError(
            f"items={own:g} of the attack and language.trusted={trusted:g} need {wanted} and {known} different items, "
            f"and there are {n_items}."
        )
    own_items = np.sort(_order(n_items, seed)[n_items - wanted :]).astype(np.int32)
    return Ownership(own_items, trusted_items(n_items, trusted, seed))


def trusted_items(n_items: int, trusted: float, seed: int) -> NDArray[np.bool_]:
    """Return bool ``[n_items + 1]``: the trusted items, the same whatever the attacker's are; see :func:`draw`."""
    found = np.zeros(n_items + 1, np.bool_)
    found[_order(n_items, seed)[: max(1, round(trusted * n_items))]] = True
    return found


def _order(n_items: int, seed: int) -> NDArray[np.int64]:
    return generator(seed, "ownership").permutation(n_items) + 1
