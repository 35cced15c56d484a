"""An audit's tables: verdict and items, accuracy, detectors, repairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....tables.table import Column, Format, Table, TableCell, count, text

SHOWN = 20
"""Items in the table; all are in ``audit.json``."""
LIMITS = (
    "On MovieLens-100K the rule flags 0 of 3 honest models (two sasrec, one gru4rec), 3 of 3 planted by bra, and by "
    "pea 0 of 2 sasrec and 1 of 1 gru4rec. Its thresholds were chosen on these very models.",
    "Not seen: exposure spread below the rule's share, promotion that waits for items in the history, and promotion to "
    "a group only, unless it lifts the share over all users. There is no ground truth here.",
)


def tables(found: Mapping[str, Any]) -> list[Table]:
    """Return an audit's tables, the items first."""
    rule, data = found["rule"], found["data"]
    subject = f"{found['model']} on {data['name']}"
    items = found["items"]
    verdict = f"{len(items)} items are shown suspiciously often." if items else "No item is shown suspiciously often."
    how = (
        f"Suspicious: at least {rule['least_slot_share']:.1%} of all users' top {rule['length']}, and at least "
        f"{rule['least_ratio']:g} times the larger of what popularity and the local model give."
    )
    which = (
        f"Items: {data['common']} in model and log, {data['only_model']} only in the model, {data['only_log']} only in "
        f"the log ({data['dropped']:.1%} of its interactions, dropped; {data['short_users']} users with too few left)."
    )
    names = ("item", "interactions", "shown %", "popularity %", "local %", "most to")
    rows = [_item(item) for item in items[:SHOWN]]
    made = [Table("items", verdict, _columns(*names), tuple(rows), caption=(how, which), subject=subject)]
    accuracy = [(text(name), _number(v["HR@10"]), _number(v["NDCG@10"])) for name, v in found["accuracy"].items()]
    made.append(Table("accuracy", "Accuracy", _columns("model", "HR@10", "NDCG@10"), tuple(accuracy), subject=subject))
    flags = [(text(n), count(v["flagged"]), count(len(v["suspicious"]))) for n, v in found["detectors"].items()]
    note = ("K-means flags many items of honest models too; flags alone decide nothing here.",)
    heads = _columns("detector", "flagged", "of the suspicious")
    made.append(Table("detectors", "Detectors", heads, tuple(flags), caption=note, subject=subject))
    mended = [
        (text(name), _percent(v["slot_share"]), _number(v["HR@10"]), _number(v["NDCG@10"]))
        for name, v in found["repairs"].items()
    ]
    heads = _columns("repair", "shown %", "HR@10", "NDCG@10")
    made.append(
        Table("repairs", "What repairs leave of these items", heads, tuple(mended), caption=LIMITS, subject=subject)
    )
    return made


def _columns(first: str, *others: str) -> tuple[Column, ...]:
    return (Column(first, "left"), *(Column(name, "left" if name == "most to" else "right") for name in others))


def _item(item: Mapping[str, Any]) -> tuple[TableCell, ...]:
    groups = item["groups"]
    most = max(groups, key=lambda name: groups[name]["slot_share"] - groups[name]["others"], default="")
    shares = (_percent(item[name]) for name in ("slot_share", "popularity", "local"))
    return (text(item["item"]), count(item["interactions"]), *shares, text(most))


def _percent(share: float) -> TableCell:
    return TableCell(100 * share, format=Format(2))


def _number(value: float) -> TableCell:
    return TableCell(value, format=Format(3))
