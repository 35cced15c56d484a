"""Puts a log and what is known about its users and items together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.interactions import Attribute, Interactions
from .columns import codes_of
from .event_rules import ALL, EventRules
from .sequences import Log, to_sequences
from .side import Side, Text

DONE = {"keep": "kept", "drop": "dropped"}


def assemble(
    name: str,
    log: Log,
    *,
    users: Side | None,
    items: Side | None,
    attributes: Mapping[str, Text],
    category: Text | None,
    title: Text | None = None,
    minimums: tuple[int, int],
    rules: EventRules = ALL,
    info: Mapping[str, str],
) -> Interactions:
    """Build the data set.

    Args:
        name: Its name.
        log: All events.
        users: Rows about users, or None where nothing is known.
        items: Rows about items, likewise.
        attributes: Text for each row of ``users`` by attribute; empty where unknown.
        category: Text for each row of ``items``.
        title: The same; None where there are no titles.
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
        known = side.knows(ids if isinstance(ids, np.ndarray) else np.array(ids, object))
        facts[f"{what}_without_a_row"] = f"{int((~known).sum())} of the log's {len(known)} ({DONE[rule]})"
        if rule == "drop":
            keep &= known[codes]
    if not keep.all():
        liked = None if log.liked is None else log.liked[keep]
        log = Log(log.users[keep], log.items[keep], log.order[keep], log.user_ids, log.item_ids, liked)
    found = to_sequences(name, log, *minimums, rules.duplicates)
    user_rows = _rows(users, found.user_ids)
    coded = {attribute: codes_of(text, user_rows) for attribute, text in attributes.items()}
    item_rows = _rows(items, found.item_ids)
    categories = codes_of(category, item_rows) if category is not None else _nothing(found.item_ids)
    facts |= {
        "repeated_events": rules.duplicates,
        "users_dropped": str(found.users_dropped),
        "items_dropped": str(found.items_dropped),
    }
    return Interactions(
        name=name,
        items=found.items,
        offsets=found.offsets,
        categories=np.concatenate([[0], categories.codes]).astype(np.int32),
        category_names=categories.values,
        attributes={attribute: codes for attribute, codes in coded.items() if codes.values},
        user_ids=found.user_ids,
        item_ids=found.item_ids,
        info={key: value for key, value in facts.items() if value},
        titles=() if title is None else tuple(str(title[row]) if row >= 0 else "" for row in item_rows),
        liked=found.liked,
    )


def _rows(side: Side | None, ids: Sequence[str]) -> NDArray[np.int64]:
    return side.rows(ids) if side is not None else np.full(len(ids), -1, np.int64)


def _nothing(ids: Sequence[Any]) -> Attribute:
    return Attribute(np.zeros(len(ids), np.int32), ())
