"""Reads GroupLens' ``.dat`` files (ratings, users, movies; fields joined by ``::``) into Interactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...core.errors import UserError
from ...core.interactions import Interactions
from .assemble import assemble
from .bad_rows import BadRows
from .base import DatasetConfig
from .blocks import Layout, read_blocks
from .buckets import bucketed
from .sequences import Log
from .side import read_side

RATINGS = Layout({"user": "number", "item": "number", "rating": "skip", "time": "number"}, b"::")
USERS = Layout({"user": "number", "gender": "text", "age": "text", "occupation": "text", "zip": "skip"}, b"::")
MOVIES = Layout({"item": "number", "title": "skip", "genres": "text"}, b"::", encoding="latin-1")
LIKED_FROM = 4
"""Of five stars."""


def read_dat(name: str, files: Mapping[str, Path], config: DatasetConfig, info: Mapping[str, str]) -> Interactions:
    """Read the three files; a film's category is its first genre, every rating an interaction, 4 stars are liked.

    Args:
        name: The data set's name.
        files: ``ratings``, ``users`` and ``movies``.
        config: Minimums and ranges.
        info: Facts for people.

    Raises:
        UserError: If a file is malformed.
    """
    bad, texts = BadRows(skip=False), config.texts
    ratings = replace(RATINGS, columns={**RATINGS.columns, "rating": "number"}) if texts else RATINGS
    blocks = list(read_blocks(files["ratings"], ratings, bad))
    wanted = ("user", "item", "time", *(["rating"] if texts else []))
    columns = {key: np.concatenate([block.columns[key] for block in blocks]) for key in wanted}
    if not len(columns["user"]):
        raise UserError(f"{files['ratings']} holds no rows.")
    users = read_side(files["users"], USERS, "user", "user id", bad)
    films = replace(MOVIES, columns={**MOVIES.columns, "title": "text"}) if texts else MOVIES
    movies = read_side(files["movies"], films, "item", "film id", bad)
    user_ids, user = np.unique(columns["user"], return_inverse=True)
    item_ids, item = np.unique(columns["item"], return_inverse=True)
    first = np.array([genres.partition("|")[0] for genres in movies.columns["genres"]], object)
    return assemble(
        name,
        Log(user, item, columns["time"], user_ids, item_ids, columns["rating"] >= LIKED_FROM if texts else None),
        users=users,
        items=movies,
        attributes=bucketed({key: users.columns[key] for key in ("gender", "age", "occupation")}, config.buckets),
        category=first,
        title=movies.columns["title"] if texts else None,
        minimums=(config.min_user_interactions, config.min_item_interactions),
        info={**info, "ordered_by": "timestamp, ties in the file's order", "category": "first genre"},
    )
