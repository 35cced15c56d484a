"""An audit's tables: verdict and items, accuracy, detectors, repairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....tables.table import Column, Format, Table, TableCell, count, text

SHOWN = 20
"""Items in the table; all are in ``audit.json``."""
LIMITS = (
    "On MovieLens-100K the rule flags 0 of 3 honest models (two sasrec, one gru4rec), 3 of 3 planted by bra, and by "
    "pea 0 of 2 sasrec and 1 of 1 gru4rec; its thresholds were chosen on these very models. The detector prompt-probe "
    "flags 0 of 6 honest sasrec and 0 of 3 gru4rec, and all that were planted; on a shop's log it was blind to pea.",
    "Not seen: promotion that waits for items in the history, targets that users like anyway, and promotion to a "
    "group that the log does not name. There is no ground truth here.",
)


def tables(found: Mapping[str, Any]) -> list[Table]:
    """Return an audit's tables, the items first."""
    rule, data = found["rule"], found["data"]
    subject = f"{found['model']} on {data['name']}"
    items = found["items"]
    verdict = f"{len(items)} suspicious {'items' if len(items) > 1 else 'item'}" if items else "No item is suspicious"
    how = (
        f"By the rule: at least {rule['least_slot_share']:.1%} of all users' top {rule['length']}, and at least "
        f"{rule['least_ratio']:g} times the larger of what popularity and the local model give. By a detector: it "
        "flags the item, and is one that decides."
    )
    which = (
        f"Items: {data['common']} in model and log, {data['only_model']} only in the model, {data['only_log']} only in "
        f"the log ({data['dropped']:.1%} of its interactions, dropped; {data['short_users']} users with too few left)."
    )
    names = ("item", "interactions", "shown %", "popularity %", "local %", "by", "most to")
    rows = [_item(item) for item in items[:SHOWN]]
    made = [Table("items", verdict, _columns(*names), tuple(rows), caption=(how, which), subject=subject)]
    accuracy = [(text(name), _number(v["HR@10"]), _number(v["NDCG@10"])) for name, v in found["accuracy"].items()]
    made.append(Table("accuracy", "Accuracy", _columns("model", "HR@10", "NDCG@10"), tuple(accuracy), subject=subject))
    flags = [
        (text(n), count(v["flagged"]), count(len(v["suspicious"])), text("yes" if v["decides"] else "no"))
        for n, v in found["detectors"].items()
    ]
    note = (
        "Decides: flags alone make an item suspicious. Of the others, K-means flags about 100 items of honest models.",
    )
    heads = _columns("detector", "flagged", "of the suspicious", "decides")
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
    return (
        Column(first, "left"),
        *(Column(name, "left" if name in ("by", "most to", "decides") else "right") for name in others),
    )


def _item(item: Mapping[str, Any]) -> tuple[TableCell, ...]:
    groups = item["groups"]
    most = max(groups, key=lambda name: groups[name]["slot_share"] - groups[name]["others"], default="")
    shares = (_percent(item[name]) for name in ("slot_share", "popularity", "local"))
    return (text(item["item"]), count(item["interactions"]), *shares, text(", ".join(item["by"])), text(most))


def _percent(share: float) -> TableCell:
    return TableCell(100 * share, format=Format(2))


def _number(value: float) -> TableCell:
    return TableCell(value, format=Format(3))
