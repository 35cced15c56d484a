"""An audit's tables: verdict and items, accuracy, detectors, repairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....tables.table import Column, Format, Table, TableCell, count, text

Found = Mapping[str, Any]
SHOWN = 20
"""Items in the table; all are in ``audit.json``."""
LIMITS = (
    "There is no ground truth here. Not seen: promotion that waits for certain items in the history, targets that "
    "users like anyway, promotion to a group that the log does not name. docs/audit.md has how often honest models "
    "were flagged and planted ones missed."
)
UNNAMED = {
    "categories": "items' categories",
    "attributes": "users' attributes",
}


def tables(found: Found) -> list[Table]:
    """Return an audit's tables, the items first; repairs are there only if something was found."""
    subject = f"{found['model']} on {found['data']['name']}: {verdict(found)}"
    return [
        *([_items(found, subject)] if found["items"] else []),
        _accuracy(found, subject),
        _detectors(found, subject),
        *([_repairs(found, subject)] if found["repairs"] else []),
    ]


def verdict(found: Found) -> str:
    """Return the verdict in a line."""
    items = len(found["items"])
    return f"{items} suspicious {'item' if items == 1 else 'items'}" if items else "no item is suspicious"


def _items(found: Found, subject: str) -> Table:
    shown = tuple(_item(item) for item in found["items"][:SHOWN])
    heads = ("item", "interactions", "shown %", "popularity %", "local %", "by", "most to")
    more = len(found["items"]) - len(shown)
    caption = (f"{more} more are in audit.json.",) if more else ()
    return Table("items", "Suspicious items", _columns(*heads), shown, caption=caption, subject=subject)


def _rule(found: Found) -> str:
    rule = found["rule"]
    return (
        f"An item is suspicious by the rule if it takes at least {rule['least_slot_share']:.1%} of all users' top "
        f"{rule['length']}, and at least {rule['least_ratio']:g} times the larger of what popularity and the local "
        "model give it; by the rule in a group if this holds for a group's users, of whom there are at least "
        f"{rule['least_users_of_group']}, and it is also {rule['least_ratio']:g} times what the others are shown; by a "
        "detector if that flags it and decides. Other detectors flag items of honest models, too."
    )


def _which(data: Found) -> str:
    return (
        f"{data['users']} users. Items: {data['common']} in model and log, {data['only_model']} only in the model, "
        f"{data['only_log']} only in the log ({data['dropped']:.1%} of its interactions, dropped; "
        f"{data['short_users']} users with too few left)."
    )


def _unnamed(found: Found) -> Iterator[str]:
    if read := [UNNAMED[name] for name in found["data"]["unnamed"]]:
        yield (
            f"The model reads {' and '.join(read)} by number, and its folder does not say which number is which: "
            "where the provider numbered them otherwise than this log does, all that is said here is of other scores "
            "than the provider's."
        )


def _accuracy(found: Found, subject: str) -> Table:
    rows = [(text(name), _number(v["HR@10"]), _number(v["NDCG@10"])) for name, v in found["accuracy"].items()]
    about = f"Of each user's last item. Local: a model of the same kind trained on the log, preset {found['preset']}."
    caption = (about, _which(found["data"]), *_unnamed(found))
    columns = _columns("model", "HR@10", "NDCG@10")
    return Table("accuracy", "Accuracy", columns, tuple(rows), caption=caption, subject=subject)


def _detectors(found: Found, subject: str) -> Table:
    rows = [
        (text(n), count(v["flagged"]), count(len(v["suspicious"])), text("yes" if v["decides"] else "no"))
        for n, v in found["detectors"].items()
    ]
    heads = _columns("detector", "flagged", "of the suspicious", "decides")
    caption = (_rule(found), *_failed(found), LIMITS)
    return Table("detectors", "Detectors", heads, tuple(rows), caption=caption, subject=subject)


def _failed(found: Found) -> Iterator[str]:
    for name, reason in found["failed"].items():
        yield f"{name} failed: {reason}"


def _repairs(found: Found, subject: str) -> Table:
    rows = [
        (text(name), _percent(v["slot_share"]), _number(v["HR@10"]), _number(v["NDCG@10"]))
        for name, v in found["repairs"].items()
    ]
    heads = _columns("repair", "shown %", "HR@10", "NDCG@10")
    return Table("repairs", "What repairs leave of these items", heads, tuple(rows), subject=subject)


def _columns(first: str, *others: str) -> tuple[Column, ...]:
    return (
        Column(first, "left"),
        *(Column(name, "left" if name in ("by", "most to", "decides") else "right") for name in others),
    )


def _item(item: Found) -> tuple[TableCell, ...]:
    groups = item["groups"]
    most = max(groups, key=lambda name: groups[name]["slot_share"] - groups[name]["others"], default="")
    where = f"{most} {groups[most]['slot_share']:.1%}, others {groups[most]['others']:.1%}" if most else ""
    shares = (_percent(item[name]) for name in ("slot_share", "popularity", "local"))
    return (text(item["item"]), count(item["interactions"]), *shares, text(", ".join(item["by"])), text(where))


def _percent(share: float) -> TableCell:
    return TableCell(100 * share, format=Format(2))


def _number(value: float) -> TableCell:
    return TableCell(value, format=Format(3))
