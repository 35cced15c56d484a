"""Target items of the federated scenario: those with the fewest interactions, ties broken by seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....core.config import Options
from ....core.errors import UserError
from ....core.interactions import Interactions
from ....core.ranges import Count
from ....core.seeds import generator


@dataclass(frozen=True)
class FederatedTargetsConfig(Options):
    """Which items are promoted, and how often training is attacked anew with others."""

    runs: Count = 1
    """Trainings for each seed, each with target items of its own; metrics are means over them."""
    per_run: Count = 1
    """Target items that are promoted at once."""


def draw(data: Interactions, config: FederatedTargetsConfig, seed: int) -> NDArray[np.int32]:
    """Return int32 ``[runs, per_run]``: the least popular items, training and held-out interactions counted.

    No item is drawn twice; among equally popular items chance decides, by ``seed``.

    Raises:
        UserError: If there are fewer items than that takes.
    """
    wanted = config.runs * config.per_run
    if wanted > data.n_items:
        raise UserError(
            f"federated-targets: {config.runs} runs of {config.per_run} items need {wanted}, and {data.name} has "
            f"{data.n_items}."
        )
    chance = generator(seed, "ties").random(data.n_items)
    order = np.lexsort([chance, data.item_counts()[1:]])[:wanted]
    return (order + 1).astype(np.int32).reshape(config.runs, config.per_run)
