"""What the tables share: rows, columns, and what captions say of the victim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ....tables.number import CHANCE, Numbers, find, mean
from ....tables.result_sets import ResultSet, RowKey
from ....tables.table import NOTHING, Column, TableCell, count, text
from ..metrics import METRICS

READER = {"tiny": "a small transformer, trained from scratch on this catalogue's titles"}


def columns(names: Iterable[str]) -> list[Column]:
    """Return a column a metric."""
    return [Column(name, unit=METRICS[name].unit, meaning=METRICS[name].meaning) for name in names]


def measured_in(numbers: Numbers, wanted: Sequence[str]) -> list[str]:
    """Return those of some metrics that any row has."""
    there = {metric for _, _, metric, _ in numbers}
    return [name for name in wanted if name in there]


def labels(key: RowKey) -> list[TableCell]:
    """Return the names of a row: attack and defense."""
    return [text("chance" if key is CHANCE else key.attack), NOTHING if key is CHANCE else text(key.defense)]


def cells(numbers: Numbers, key: RowKey, names: Iterable[str]) -> list[TableCell]:
    """Return a row's means, and nothing where it has none."""
    return [mean(numbers, key, "all", name, 3) if find(numbers, key, "all", name) else NOTHING for name in names]


def parameters(result_set: ResultSet, key: RowKey) -> TableCell:
    """Return how many numbers training changed in the victim."""
    found = [record.log["train"].get("parameters") for record in result_set.rows.get(key, {}).values()]
    return count(int(found[0])) if found and found[0] else NOTHING


def reader(result_set: ResultSet) -> str:
    """Return what reads the titles, in a sentence."""
    told = next((v for k, v in result_set.protocol.items() if k.endswith(".model")), "")
    if told in READER:
        return f"Titles are read by {READER[told]}; what a large language model would do is not measured here."
    return f"Titles are read by {told}, of which LoRA adapters are trained."


def overlapping(result_set: ResultSet) -> str:
    """Return in how many lists a candidate was drawn again because a title contained another, in a sentence."""
    shares = [
        record.log["test"]["overlapping"] for row in result_set.rows.values() for record in row.values() if record.log
    ]
    if not shares:
        return "No title of a list contains another."
    return (
        f"No title of a list contains another: in {min(shares):.1%} to {max(shares):.1%} of the lists one was drawn "
        "again for that."
    )
