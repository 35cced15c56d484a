"""Which items an attacker promotes: a seeded draw, spread over categories as in the APRec paper's list.

Paper: "Attacking Pre-trained Recommendation" (SIGIR 2023), whose released list of 300 targets holds
ten items of each of 30 categories, of 130,000 items; here the draw is scaled to small catalogues.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .....core.config import Options, later
from .....core.errors import UserError
from .....core.interactions import Interactions, Partition
from .....core.ranges import Count
from .....core.seeds import generator
from .....core.targets import Targets
from ...audience import parse_audience
from .audience import check_audience

DEFAULT_SHARE = 0.0025
DEFAULT_LEAST = 5


@dataclass(frozen=True)
class TargetsConfig(Options):
    """How many items are targets, and how they spread over categories."""

    categories: Count | None = None
    """Categories that hold targets; none: as many as there are targets and categories."""

    per_category: Count | None = None
    """Targets in each of these categories; none: as even as their sizes allow."""

    count: Count | None = None
    """Targets in all; none: categories times per_category, or else 0.25% of the items and at least five."""

    popularity: Literal["any", "tail", "mid", "head"] = later("any")
    """tail, mid, head: only from the third of the items with the fewest, middling or most interactions."""

    def __post_init__(self) -> None:
        """Check that the three numbers agree.

        Raises:
            ValueError: If they do not multiply.
        """
        super().__post_init__()
        if self.count is None:
            return
        each = self.per_category or 1
        if self.count % each or (self.categories and self.per_category and self.count != self.categories * each):
            raise ValueError(
                f"count={self.count} is not categories={self.categories} times per_category={self.per_category}."
            )
        if self.categories and self.categories > self.count:
            raise ValueError(f"categories={self.categories} is more than count={self.count}.")


def draw_targets(partition: Partition, config: TargetsConfig, audience: str, seed: int) -> Targets:
    """Draw target items and fix the audience.

    Categories are drawn without replacement, each with probability proportional to its number of
    items, and items uniformly inside a category: few targets in many categories then come close
    to a uniform draw. Where no category is known, the draw is uniform over all items.

    Args:
        partition: The provider's and the platform's users, over one vocabulary.
        config: How many targets.
        audience: ``attribute:value`` or ``attribute:value+value``; empty: no audience, and the result's
            ``attribute`` is empty too.
        seed: Decides the draw, with the data and ``config``.

    Raises:
        UserError: If there are too few items or categories, or the audience does not exist or cannot be compared.
    """
    data = partition.platform
    attribute, values = parse_audience(data, audience)
    rng = generator("targets", seed)
    allowed = _stratum(partition, config.popularity)
    among = replace(data, categories=np.where(allowed, data.categories, 0).astype(np.int32))
    wanted, categories, each = _numbers(among, config, allowed)
    if categories is None:
        items = rng.choice(np.flatnonzero(allowed), wanted, replace=False)
    else:
        items = _spread(among, wanted, categories, each, rng)
    targets = Targets(np.sort(items).astype(np.int32), attribute, values)
    if attribute:
        check_audience(partition, targets)
    return targets


def _stratum(partition: Partition, popularity: str) -> NDArray[np.bool_]:
    """Return bool ``[n_items + 1]``: which items may be drawn; never padding. Ties are broken by the items' order."""
    allowed = np.zeros(partition.platform.n_items + 1, bool)
    if popularity == "any":
        allowed[1:] = True
    else:
        counts = (partition.provider.item_counts() + partition.platform.item_counts())[1:]
        thirds = np.array_split(np.argsort(counts, kind="stable"), 3)
        allowed[thirds[("tail", "mid", "head").index(popularity)] + 1] = True
    return allowed


def _numbers(
    data: Interactions, config: TargetsConfig, allowed: NDArray[np.bool_]
) -> tuple[int, int | None, int | None]:
    """Return how many targets, in how many categories (None: whichever), and how many in each (None: even)."""
    n_categories = len(np.unique(data.categories[data.categories > 0]))
    usual = max(DEFAULT_LEAST, round(DEFAULT_SHARE * data.n_items))
    each = config.per_category
    if not n_categories:
        if config.categories or each:
            raise UserError(
                f"targets: categories={config.categories}, per_category={each} need items' categories, which "
                f"{data.name} does not have; set count instead."
            )
        return _at_most(data, config.count or usual, int(allowed.sum()), "items"), None, None
    if each:
        categories = config.categories or math.ceil((config.count or usual) / each)
        wanted = categories * each
    else:
        wanted = config.count or max(usual, config.categories or 0)
        categories = config.categories or min(wanted, n_categories)
    _at_most(data, categories, n_categories, "categories")
    return _at_most(data, wanted, int((data.categories > 0).sum()), "items with a category"), categories, each


def _at_most(data: Interactions, wanted: int, there: int, what: str) -> int:
    if wanted > there:
        raise UserError(f"targets: {wanted} {what} are wanted, but {data.name} has {there}; ask for fewer.")
    return wanted


def _spread(
    data: Interactions, wanted: int, categories: int, each: int | None, rng: np.random.Generator
) -> NDArray[np.int64]:
    sizes = np.bincount(data.categories[data.categories > 0], minlength=len(data.category_names) + 1)
    able = np.flatnonzero(sizes >= (each or 1))
    if len(able) < categories:
        raise UserError(
            f"targets: {categories} categories with {each} items each are wanted, but {len(able)} of "
            f"{data.name}'s categories are that large (the largest has {sizes.max()})."
        )
    drawn = rng.choice(able, categories, replace=False, p=sizes[able] / sizes[able].sum())
    quotas = _quotas(sizes[drawn], wanted)
    if quotas.sum() < wanted:
        raise UserError(
            f"targets: {wanted} items are wanted from {categories} categories, but the drawn ones hold "
            f"{quotas.sum()}; ask for more categories or fewer items."
        )
    picks = [
        rng.choice(np.flatnonzero(data.categories == c), n, replace=False) for c, n in zip(drawn, quotas, strict=True)
    ]
    items: NDArray[np.int64] = np.concatenate(picks).astype(np.int64)
    return items


def _quotas(sizes: NDArray[np.int64], wanted: int) -> NDArray[np.int64]:
    """Share ``wanted`` as evenly as the sizes allow; those drawn first take what does not divide."""
    quotas = np.zeros_like(sizes)
    while (left := wanted - quotas.sum()) > 0 and (room := np.flatnonzero(quotas < sizes)).size:
        step = max(left // len(room), 1)
        takers = room if left >= len(room) else room[:left]
        quotas[takers] = np.minimum(quotas[takers] + step, sizes[takers])
    return quotas
