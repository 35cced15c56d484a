"""Reads RecBole's atomic files of AliEC into Interactions.

RecBole states no list of their columns, so both its own usual names and the raw files' are accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...core.errors import unknown
from ...core.interactions import Interactions
from .aliec_raw import check_attributes
from .assemble import assemble
from .bad_rows import BadRows
from .sequences import Log
from .shop_config import ShopConfig
from .side import Side, once
from .table import Table

NAMES = {
    "user": ("user_id", "user", "userid"),
    "item": ("item_id", "adgroup_id"),
    "time": ("timestamp", "time_stamp", "time"),
    "click": ("click", "clk", "label"),
    "gender": ("gender", "final_gender_code"),
    "cate": ("cate", "cate_id", "category", "category_id"),
    "customer": ("customer", "customer_id"),
    "brand": ("brand", "brand_id"),
    "campaign": ("campaign", "campaign_id"),
}


def read_atomic(
    name: str, files: Mapping[str, Path], config: ShopConfig, category: str, usual: Sequence[str]
) -> Interactions:
    """Read the files; where a column tells clicks from displays, only clicks count.

    Raises:
        UserError: If a file is malformed or lacks a column.
    """
    import pandas as pd

    wanted = check_attributes(name, config, usual)
    inter, bad = Table.open(files["inter"]), BadRows(config.skip_bad_rows)
    users, user_ids = pd.factorize(inter.ids(_column(inter, "user"), "user id"))
    items, item_ids = pd.factorize(inter.ids(_column(inter, "item"), "item id"))
    time = _column(inter, "time")
    (text,) = inter.columns(time)
    inter.fail_at(text == "", text, f"{time} is missing")
    order = inter.numbers(time, text)
    inter.fail_at(order < 0, text, f"{time} {{}} is negative")
    clicked = np.ones(len(users), bool)
    if click := _found(inter, "click"):
        (text,) = inter.columns(click)
        clicked = inter.numbers(click, text) == 1
    profile = _side(files["user"], "user", wanted, bad)
    features = _side(files["item"], "item", () if category == "none" else (category,), bad)
    return assemble(
        name,
        Log(users[clicked], items[clicked], order[clicked], list(user_ids), list(item_ids)),
        users=profile,
        items=features,
        attributes=profile.columns,
        category=features.columns.get(category),
        minimums=(config.min_user_interactions, config.min_item_interactions),
        rules=config,
        info={
            "licence": "Alibaba Tianchi's terms: research use, no redistribution",
            "source": "https://tianchi.aliyun.com/dataset/56, as RecBole's atomic files",
            "ordered_by": f"{time}, ties in the file's order",
            "category": category,
            "events": f"{int(clicked.sum()):,} of {len(users):,} rows",
        },
    )


def _side(path: Path, key: str, columns: Sequence[str], bad: BadRows) -> Side:
    table = Table.open(path)
    ids = table.ids(_column(table, key), f"{key} id")
    found = {name: table.columns(_column(table, name))[0] for name in columns}
    return once(path, ids, found, np.arange(2, len(ids) + 2), f"{key} id", bad)


def _found(table: Table, role: str) -> str:
    return next((name for name in NAMES.get(role, (role,)) if name in table.types), "")


def _column(table: Table, role: str) -> str:
    if not (found := _found(table, role)):
        raise unknown(f"column of {table.path} for the {role}:", NAMES.get(role, (role,))[0], table.types)
    return found
