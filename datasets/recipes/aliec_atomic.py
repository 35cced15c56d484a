"""Reads RecBole's atomic files of AliEC into Interactions.

RecBole states no list of their columns, so both its own usual names and the raw files' are accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow.compute as pc

from ...core.errors import unknown
from ...core.interactions import Interactions
from ..own.atomic import AtomicFile
from ..reading.bad_rows import BadRows
from ..reading.batch import mask
from ..reading.times import Times
from ..sequences.assemble import assemble
from ..sequences.events import Events
from ..sequences.side import Side, read_side
from .aliec_raw import check_attributes
from .shop_config import ShopConfig

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
    wanted = check_attributes(name, config, usual)
    inter, bad, events = AtomicFile.open(files["inter"]), BadRows(config.skip_bad_rows), Events()
    time, click = _column(inter, "time"), _found(inter, "click")
    names, times = [_column(inter, "user"), _column(inter, "item"), time, *([click] if click else [])], Times(time)
    rows = 0
    for batch in inter.read(names, "log", bad):
        rows += len(batch.lines)
        clicked = mask(pc.match_substring_regex(batch.columns[3], r"^1(\.0*)?$")) if click else None
        batch = batch if clicked is None else batch.take(clicked)
        moments, fine = times.read(batch, batch.columns[2], bad)
        batch = batch.take(fine)
        events.add(batch.path, batch.lines, batch.columns[0], batch.columns[1], moments[fine])
    log = events.log()
    features = _side(files["item"], "item", () if category == "none" else (category,), bad)
    data, _ = assemble(
        name,
        log,
        users=_side(files["user"], "user", wanted, bad),
        items=features,
        category=category if category in features.columns else "",
        minimums=(config.min_user_interactions, config.min_item_interactions),
        rules=config,
        info={
            "licence": "Alibaba Tianchi's terms: research use, no redistribution",
            "source": "https://tianchi.aliyun.com/dataset/56, as RecBole's atomic files",
            "ordered_by": f"{time}, ties in the file's order",
            "events": f"{len(log.users):,} of {rows:,} rows",
        },
    )
    return data


def _side(path: Path, key: str, columns: Sequence[str], bad: BadRows) -> Side:
    file = AtomicFile.open(path)
    names = [_column(file, key), *(_column(file, name) for name in columns)]
    return read_side(path, file.read(names, f"{key}s", bad), columns, f"{key} id", {}, bad)


def _found(file: AtomicFile, role: str) -> str:
    return next((name for name in NAMES.get(role, (role,)) if name in file.types), "")


def _column(file: AtomicFile, role: str) -> str:
    if not (found := _found(file, role)):
        raise unknown(f"column of {file.path} for the {role}:", NAMES.get(role, (role,))[0], file.types)
    return found
