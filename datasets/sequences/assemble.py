"""Puts a log and what is known about its users and items together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...core.interactions import Attribute, Interactions
from .event_rules import ALL, EventRules
from .log import Log, Sequences, to_sequences
from .natural import natural
from .side import Side

DONE = {"keep": "kept", "drop": "dropped"}
Choice: TypeAlias = "Callable[[Side, Sequence[str]], str]"
"""Returns a column of a side, or "", given the ids that are left."""


def assemble(
    name: str,
    log: Log,
    *,
    users: Side | None = None,
    items: Side | None = None,
    category: str | Choice = "",
    narrow: Callable[[Side, Sequence[str]], Side] | None = None,
    title: str = "",
    minimums: tuple[int, int],
    rules: EventRules = ALL,
    info: Mapping[str, str],
) -> tuple[Interactions, Sequences]:
    """Build the data set; returns the sequences too, which know of ties.

    Args:
        name: Its name.
        log: All events.
        users: Rows about users, whose columns are attributes, or None where nothing is known.
        items: Rows about items, or None.
        category: Column of ``items`` with their category, or how to choose it; empty: none.
        narrow: Leaves columns of ``users`` out, given the ids that are left; None: all are attributes.
        title: Column of ``items`` with their titles; empty: none.
        minimums: Fewest interactions of a user and of an item.
        rules: What to do with events that are repeated, or of unknown users or items.
        info: Facts for people; what was dropped is added.

    Raises:
        UserError: If no user is left.
    """
    facts = dict(info)
    keep = np.ones(len(log.users), bool)
    for what, side, rule, codes, ids in (
        ("users", users, rules.unknown_users, log.users, log.user_ids),
        ("items", items, rules.unknown_items, log.items, log.item_ids),
    ):
        if side is None:
            continue
        known = side.knows(ids)
        facts[f"{what}_without_a_row"] = f"{int((~known).sum())} of the log's {len(known)} ({DONE[rule]})"
        if rule == "drop":
            keep &= known[codes]
    found = to_sequences(name, log.take(keep), *minimums, rules.duplicates)
    if users is not None and narrow is not None:
        users = narrow(users, found.user_ids)
    attributes = {} if users is None else _coded(users, users.rows(found.user_ids))
    categories = Attribute(np.zeros(len(found.item_ids), np.int32), ())
    column = "" if items is None else category if isinstance(category, str) else category(items, found.item_ids)
    if items is not None and column:
        categories = codes_of(items.columns[column], items.rows(found.item_ids))
    facts |= {
        "category": column or "none",
        "repeated_events": rules.duplicates,
        "users_dropped": str(found.users_dropped),
        "items_dropped": str(found.items_dropped),
    }
    data = Interactions(
        name=name,
        items=found.items,
        offsets=found.offsets,
        categories=np.concatenate([[0], categories.codes]).astype(np.int32),
        category_names=categories.values,
        attributes=attributes,
        user_ids=found.user_ids,
        item_ids=found.item_ids,
        info={key: value for key, value in facts.items() if value},
        titles=_titles(items, title, found.item_ids) if items is not None and title else (),
        liked=found.liked,
    )
    return data, found


def _titles(side: Side, column: str, ids: Sequence[str]) -> tuple[str, ...]:
    rows = side.rows(ids)
    taken = side.columns[column].take(pa.array(rows, mask=rows < 0))
    return tuple(pc.fill_null(taken, "").to_pylist())


def _coded(side: Side, rows: NDArray[np.int64]) -> dict[str, Attribute]:
    coded = {name: codes_of(column, rows) for name, column in side.columns.items()}
    return {name: attribute for name, attribute in coded.items() if attribute.values}


def codes_of(column: Any, rows: NDArray[np.int64]) -> Attribute:
    """Number the values of an Arrow column's ``rows`` in natural order; row -1 and an empty text are unknown."""
    taken = column.take(pa.array(rows, mask=rows < 0))
    coded = pc.fill_null(taken, "").dictionary_encode()
    values = coded.dictionary.to_pylist()
    names = natural(set(values) - {""})
    number = {"": 0, **{name: k for k, name in enumerate(names, 1)}}
    codes = np.array([number[value] for value in values], np.int32)
    return Attribute(codes[coded.indices.to_numpy(zero_copy_only=False)], tuple(names))
