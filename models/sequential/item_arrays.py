"""Which arrays of a network have a row an item."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from .. import Model

SIZES = (7, 9)
"""Numbers of items that two networks are built for."""


def item_arrays(model: type[Model], config: Any) -> frozenset[str]:
    """Return the names of the arrays whose first axis grows with the number of items.

    Two networks are built, for a few items more and less, and compared: no name and no size has to be known.

    Args:
        model: The kind of network.
        config: Its options.
    """
    shapes = []
    with torch.random.fork_rng(devices=[]):
        for size in SIZES:
            categories = (np.arange(size + 1, dtype=np.int32) % 3,) if model.needs_categories else ()
            build: Any = model.build
            state = build(config, size, *categories).state_dict()
            shapes.append({name: tuple(value.shape) for name, value in state.items()})
    few, more = shapes
    return frozenset(name for name, shape in few.items() if shape != more[name])
