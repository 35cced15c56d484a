"""A model that was handed over, with its rows in the order of data that have other items than it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..pretrained import Pretrained


def reordered(
    model: Pretrained, places: NDArray[np.int32], arrays: Collection[str]
) -> tuple[Pretrained, dict[str, Any]]:
    """Return a model over other items, and how many of the two are the same.

    Items that the model lacks are given the mean of the rows of those that both have, so that nothing but what it
    learned of all items stands in their place.

    Args:
        model: What was handed over.
        places: int32 ``[items + 1]``: the row of each item in the model, 0 if it has none; of padding 0.
        arrays: Names of the weights with a row an item, padding first.

    Returns:
        The model, and ``common`` items, those in ``only_model`` and those in ``only_data``.
    """
    there = int(model.card["n_items"])
    lacking = np.flatnonzero(places[1:] == 0) + 1
    common = len(places) - 1 - len(lacking)
    weights = dict(model.weights)
    for name in arrays:
        rows = weights[name][places]
        if len(lacking):
            mean = weights[name][places[places > 0]].mean(0)
            rows[lacking] = mean.astype(rows.dtype)
        weights[name] = rows
    counts = {"common": common, "only_model": there - common, "only_data": len(lacking)}
    return replace(model, weights=weights, card={**model.card, "n_items": len(places) - 1}), counts
