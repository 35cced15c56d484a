"""Reads GroupLens' ``.dat`` files (ratings, users, movies; fields joined by ``::``) into Interactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc

from ...core.errors import UserError, unknown
from ...core.interactions import Interactions
from ..files.base import DatasetConfig
from ..reading.bad_rows import BadRows
from ..reading.batch import mask
from ..reading.numbered import Layout, columns, read_blocks
from ..sequences.assemble import assemble
from ..sequences.events import Events
from ..sequences.gather import read_numbered_side
from ..sequences.ranges import bucket_widths

ATTRIBUTES = ("gender", "age", "occupation")
RATINGS = Layout(columns("user:number item:number rating:skip time:number"), "::")
USERS = Layout(columns("user:number gender:text age:text occupation:text zip:skip"), "::")
LIKED_FROM = 4
"""Of five stars."""
MOVIES = Layout(columns("item:number title:skip genres:text"), "::", encoding="latin-1")


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
    bad, events, path, texts = BadRows(skip=False), Events(), files["ratings"], config.texts
    ratings = replace(RATINGS, columns={**RATINGS.columns, "rating": "number"}) if texts else RATINGS
    films = replace(MOVIES, columns={**MOVIES.columns, "title": "text"}) if texts else MOVIES
    for batch in read_blocks(path, ratings, bad):
        time = batch.columns["time"].to_numpy(zero_copy_only=False)
        liked = mask(pc.greater_equal(batch.columns["rating"], LIKED_FROM)) if texts else None
        events.add(path, batch.lines, batch.columns["user"], batch.columns["item"], time, liked)
    if not len(events):
        raise UserError(f"{path} holds no rows.")
    widths = bucket_widths(config.buckets)
    for attribute in widths:
        if attribute not in ATTRIBUTES:
            raise unknown(f"attribute in buckets={config.buckets}:", attribute, ATTRIBUTES)
    first = {"genres": lambda genres: genres.partition("|")[0]}
    data, _ = assemble(
        name,
        events.log(),
        users=read_numbered_side(files["users"], USERS, "user", "user id", bad, widths),
        items=read_numbered_side(files["movies"], films, "item", "film id", bad, changed=first),
        category="genres",
        title="title" if texts else "",
        minimums=(config.min_user_interactions, config.min_item_interactions),
        info={**info, "ordered_by": "timestamp, ties in the file's order"},
    )
    return replace(data, info={**data.info, "category": "first genre"})
