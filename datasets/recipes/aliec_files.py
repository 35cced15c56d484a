"""The raw files of Taobao's Ali_Display_Ad_Click: displayed ads, what was clicked, and the users' shopping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc

from ...core.errors import UserError
from ..reading.bad_rows import BadRows
from ..reading.batch import Batch, mask, note
from ..reading.numbered import Kind, Layout, columns, first_line, read_blocks

ADS = columns("user:number time:number item:number pid:skip nonclk:skip clk:number")
FEATURES = columns("item:number cate:text campaign:text customer:text brand:text price:skip")
PROFILE = columns(
    "user:number cms_segid:text cms_group_id:text gender:text age_level:text pvalue_level:text shopping_level:text "
    "occupation:text new_user_class_level:text"
)
BEHAVIOUR = columns("user:number time:number action:text cate:number brand:number")
BRANDS = 10**8
"""More than there are brands; a kind of goods is its category times this, and its brand."""


def layout(path: Path, names: dict[str, Kind]) -> Layout:
    """Return the layout of a raw file; its first line is a header if it holds a letter in its first field.

    Raises:
        UserError: If the first line has another number of fields.
    """
    fields = first_line(path).split(",")
    if len(fields) != len(names):
        raise UserError(f"{path}, line 1 has {len(fields)} fields, not {len(names)} ({', '.join(names)}).")
    return Layout(names, header=not fields[0].strip().isdigit())


def goods(path: Path, bad: BadRows) -> Iterator[Batch]:
    """Yield the behaviour log with kinds of goods, a category and a brand, as items."""
    for batch in read_blocks(path, layout(path, BEHAVIOUR), bad):
        faults: dict[int, str] = {}
        note(faults, mask(pc.greater_equal(batch.columns["brand"], BRANDS)), f"brand is {BRANDS} or more")
        batch = batch.without(faults, bad)
        item = pc.add(pc.multiply(batch.columns["cate"], BRANDS), batch.columns["brand"])
        yield replace(batch, columns={**batch.columns, "item": item})
