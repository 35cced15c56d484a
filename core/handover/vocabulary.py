"""A log in the vocabulary of a model that was handed over: what the two share, and what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..interactions import Interactions
from .names import NOTHING, Names

LEAST_SHARE = 0.5
"""Share of a log's interactions that must be with items of the model."""
LEAST_ITEMS = 3
"""Interactions that a user must keep: one to learn from, one to validate, one to test."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A log over a model's items.

    Attributes:
        data: Item ``i`` is the model's; items that the log lacks have no interactions and no category.
        common: Items of both.
        only_model: Items of the model that the log lacks; they stay, for a planted item may be one of them.
        only_log: Items of the log that the model lacks; their interactions are dropped.
        dropped: Share of the log's interactions that are with such items.
        short_users: Users who keep fewer than ``LEAST_ITEMS`` interactions, and are dropped.
    """

    data: Interactions
    common: int
    only_model: int
    only_log: int
    dropped: float
    short_users: int


def places(log: Interactions, item_ids: Sequence[str], model: str) -> NDArray[np.int32]:
    """Return int32 ``[log.n_items + 1]``: the row of each of a log's items in a model, 0 if it has none.

    Args:
        log: Items by their ids, and how often each is used.
        item_ids: The model's: item ``i`` at position ``i - 1``.
        model: What the model is called, for the message.

    Raises:
        UserError: If the model knows the items of too few interactions.
    """
    rows = {item: row for row, item in enumerate(item_ids, 1)}
    place = np.array([0, *(rows.get(item, 0) for item in log.item_ids)], np.int32)
    known = place[log.items] > 0
    share = float(known.mean()) if len(known) else 0.0
    if share < LEAST_SHARE:
        raise UserError(
            f"{model} knows the items of {share:.0%} of the interactions in {log.name}; at least {LEAST_SHARE:.0%} are "
            "needed, so look whether both name items by the same ids."
        )
    return place


def fit(log: Interactions, item_ids: Sequence[str], model: str, names: Names = NOTHING) -> Fitted:
    """Return a log over the items of a model.

    Args:
        log: All of its users are kept that can be.
        item_ids: The model's: item ``i`` at position ``i - 1``.
        model: What the model is called, for the message.
        names: What the numbers of categories and attributes stand for that the model reads.

    Raises:
        UserError: If the model knows the items of too few interactions, no user is left, or the log lacks an attribute
            that the model reads.
    """
    log = names.renumbered(log)
    place = places(log, item_ids, model)
    items = place[log.items]
    kept = items > 0
    categories = np.zeros(len(item_ids) + 1, np.int32)
    categories[place] = log.categories
    categories[0] = 0
    lengths = np.bincount(log.users[kept], minlength=log.n_users)
    data = replace(
        log,
        items=items[kept],
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        categories=categories,
        item_ids=tuple(item_ids),
    )
    long = np.flatnonzero(lengths >= LEAST_ITEMS)
    if not len(long):
        raise UserError(f"{log.name}: no user has {LEAST_ITEMS} interactions with items that {model} knows.")
    common = int((place[1:] > 0).sum())
    return Fitted(
        data.take(long),
        common,
        len(item_ids) - common,
        log.n_items - common,
        float(1 - kept.mean()),
        log.n_users - len(long),
    )
