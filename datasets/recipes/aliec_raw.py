"""Reads Tianchi's Ali_Display_Ad_Click, ads or shopping, into Interactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ...core.errors import UserError
from ...core.interactions import Interactions
from ..reading.bad_rows import BadRows
from ..reading.batch import mask
from ..reading.numbered import read_blocks
from ..sequences.assemble import assemble
from ..sequences.gather import among, gather, read_numbered_side
from ..sequences.log import Log
from ..sequences.side import Side
from .aliec_files import ADS, BRANDS, FEATURES, PROFILE, goods, layout
from .shop_config import ShopConfig


def read_raw(
    name: str,
    files: Mapping[str, Path],
    config: ShopConfig,
    actions: Sequence[str],
    category: str,
    usual: Sequence[str],
    info: Mapping[str, str],
) -> Interactions:
    """Read the files.

    Args:
        name: The data set's name.
        files: ``log``, ``items``, ``users`` and perhaps ``behaviour``.
        config: Options of every shop's log.
        actions: Which rows of the behaviour log count; empty: clicked ads count instead.
        category: Column of the ads' file that is the category, or none; for the behaviour log it is cate.
        usual: The attributes there are.
        info: Facts for people.

    Raises:
        UserError: If a file is malformed, or an option does not fit.
    """
    attributes, bad = config.chosen_attributes(name, usual, usual), BadRows(config.skip_bad_rows)
    users = read_numbered_side(files["users"], layout(files["users"], PROFILE), "user", "user id", bad)
    users = Side(users.ids, {attribute: users.columns[attribute] for attribute in attributes})
    if actions:
        if "behaviour" not in files:
            raise UserError(f"{name}.events=behaviour needs behavior_log.csv beside {files['log'].name}.")
        path = files["behaviour"]
        log, counts = gather(
            path, goods(path, bad), lambda b: among(b.columns["action"], actions), config.user_share, bad
        )
        items, category = _kinds(log), "cate"
    else:
        items = read_numbered_side(files["items"], layout(files["items"], FEATURES), "item", "ad id", bad)
        path = files["log"]
        blocks = read_blocks(path, layout(path, ADS), bad)
        log, counts = gather(path, blocks, lambda b: mask(pc.equal(b.columns["clk"], 1)), config.user_share, bad)
    data, _ = assemble(
        name,
        log,
        users=users,
        items=items,
        category="" if category == "none" else category,
        minimums=(config.min_user_interactions, config.min_item_interactions),
        rules=config,
        info={
            **info,
            "ordered_by": "time, ties in the file's order",
            "events": f"{counts['kept']:,} of {counts['rows']:,} rows: {', '.join(actions) or 'clicked ads'}",
            **bad.facts(),
        },
    )
    return data


def _kinds(log: Log) -> Side:
    """Return the categories of kinds of goods, which their numbers hold."""
    ids = pa.array(log.item_ids)
    return Side(ids.cast(pa.string()), {"cate": pc.divide(ids, BRANDS).cast(pa.string())})
