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
        log = Log(log.users[keep], log.items[keep], log.order[keep], log.user_ids, log.item_ids)
    found = to_sequences(name, log, *minimums, rules.duplicates)
    user_rows = _rows(users, found.user_ids)
    coded = {attribute: codes_of(text, user_rows) for attribute, text in attributes.items()}
    categories = codes_of(category, _rows(items, found.item_ids)) if category is not None else _nothing(found.item_ids)
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
    )


def _rows(side: Side | None, ids: Sequence[str]) -> NDArray[np.int64]:
    return side.rows(ids) if side is not None else np.full(len(ids), -1, np.int64)


def _nothing(ids: Sequence[Any]) -> Attribute:
    return Attribute(np.zeros(len(ids), np.int32), ())
