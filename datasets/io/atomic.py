"""Reads RecBole's atomic files into Interactions, in the order of the raw times."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError
from ...core.interactions import Attribute, Interactions
from .columns import bucket_widths, choose_attributes, choose_category, codes_of, first_entry
from .folder_config import FolderConfig
from .sequences import Log, Sequences, to_sequences
from .table import Table


def read(name: str, files: Mapping[str, Path], config: FolderConfig) -> Interactions:
    """Read the files of one data set.

    Users and items are numbered in natural order of their raw ids. Times are compared as the
    file gives them (int64 or float64): RecBole's float32 would give one user in six of ML-100K
    another last item.

    Args:
        name: The data set's name.
        files: Files by suffix; ``inter`` must be there.
        config: Which columns to use.

    Raises:
        UserError: If a file is malformed, or a configured column is missing.
    """
    inter = Table.open(files["inter"])
    log, ordered_by = _log(inter, config)
    found = to_sequences(name, log, config.min_user_interactions, config.min_item_interactions)
    attributes = _attributes(files, config, found)
    categories, category_names, category = _categories(files, config, found)
    titles = _titles(files, config, found) if config.texts and config.title else ()
    info = {
        "licence": config.licence,
        "source": config.source,
        "ordered_by": f"{ordered_by}, ties in the file's order",
        "category": category or "none",
        "users_dropped": str(found.users_dropped),
        "items_dropped": str(found.items_dropped),
    }
    return Interactions(
        name=name,
        items=found.items,
        offsets=found.offsets,
        categories=categories,
        category_names=category_names,
        attributes=attributes,
        user_ids=found.user_ids,
        item_ids=found.item_ids,
        info={key: value for key, value in info.items() if value},
        titles=titles,
        liked=found.liked,
    )


def _log(inter: Table, config: FolderConfig) -> tuple[Log, str]:
    import pandas as pd

    order_column = config.time or ("position" if "position" in inter.types else "timestamp")
    inter.require(order_column, ("float", "token"), "time (set it with time=COLUMN)")
    users, user_ids = pd.factorize(inter.ids(config.user, "user id"))
    items, item_ids = pd.factorize(inter.ids(config.item, "item id"))
    order = _times(inter, order_column)
    liked = _liked(inter, config) if config.texts and config.rating else None
    log = Log(users.astype(np.int64), items.astype(np.int64), order, list(user_ids), list(item_ids), liked)
    return log, order_column


def _liked(inter: Table, config: FolderConfig) -> NDArray[np.bool_]:
    inter.require(config.rating, ("float", "token"), "rating (set it with rating=COLUMN)")
    (text,) = inter.columns(config.rating)
    inter.fail_at(text == "", text, f"{config.rating} is missing")
    return np.asarray(inter.numbers(config.rating, text) >= config.like_from)


def _times(inter: Table, column: str) -> NDArray[Any]:
    (text,) = inter.columns(column)
    inter.fail_at(text == "", text, f"{column} is missing")
    numbers = inter.numbers(column, text)
    inter.fail_at(numbers < 0, text, f"{column} {{}} is negative")
    return numbers


def _attributes(files: Mapping[str, Path], config: FolderConfig, found: Sequences) -> dict[str, Attribute]:
    widths = bucket_widths(config.buckets)
    if "user" not in files:
        wanted = [*[a for a in config.attributes if a != "none"], *widths]
        if wanted:
            raise UserError(f"attribute {wanted[0]!r} is wanted, but {files['inter'].parent} holds no .user file.")
        return {}
    table = Table.open(files["user"])
    rows = _rows(table, config.user, "user id", found.user_ids)
    chosen = choose_attributes(table, config, widths, rows[rows >= 0])
    return {column: codes_of(text, rows) for column, text in chosen.items()}


def _categories(
    files: Mapping[str, Path], config: FolderConfig, found: Sequences
) -> tuple[NDArray[np.int32], tuple[str, ...], str]:
    nothing = np.zeros(len(found.item_ids) + 1, np.int32)
    if "item" not in files:
        if config.category not in ("", "none"):
            raise UserError(f"category {config.category!r} is wanted, but {files['inter'].parent} holds no .item file.")
        return nothing, (), ""
    table = Table.open(files["item"])
    rows = _rows(table, config.item, "item id", found.item_ids)
    column = choose_category(table, config, rows[rows >= 0])
    if not column:
        return nothing, (), ""
    attribute = codes_of(first_entry(table, column), rows)
    return np.concatenate([[0], attribute.codes]).astype(np.int32), attribute.values, column


def _titles(files: Mapping[str, Path], config: FolderConfig, found: Sequences) -> tuple[str, ...]:
    if "item" not in files:
        raise UserError(f"title {config.title!r} is wanted, but {files['inter'].parent} holds no .item file.")
    table = Table.open(files["item"])
    table.require(config.title, ("token", "token_seq"), "title")
    rows = _rows(table, config.item, "item id", found.item_ids)
    (text,) = table.columns(config.title)
    return tuple(str(text[row]).strip() if row >= 0 else "" for row in rows)


def _rows(table: Table, column: str, role: str, wanted: tuple[str, ...]) -> NDArray[np.int64]:
    """Return int64 ``[wanted]``: the table's row for each id, -1 where it has none."""
    import pandas as pd

    ids = table.ids(column, role)
    again = np.asarray(pd.Series(ids).duplicated())
    table.fail_at(again, ids, f"{role} {{}} occurs a second time")
    return np.asarray(pd.Index(ids).get_indexer(pd.Index(wanted, dtype=object)), np.int64)
