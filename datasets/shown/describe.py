"""What is in a data set and how it was shared out, as facts and as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...core.interactions import Attribute, Interactions, Partition
from .notes import repeated

TOP = 20
SLICE = 1 << 22


def describe(data: Interactions, partition: Partition | None = None) -> dict[str, Any]:
    """Return JSON-able facts: sizes, lengths, attributes, the largest categories, both sides of the partition."""
    facts: dict[str, Any] = {"name": data.name, **_sizes(data)}
    facts["attributes"] = {name: _counts(a) for name, a in data.attributes.items()}
    counts = _counts(Attribute(data.categories[1:], data.category_names))
    top = sorted(counts.items(), key=lambda pair: -pair[1])[:TOP]
    facts["categories"] = len(data.category_names)
    facts["largest_categories"] = dict(top) if data.category_names else {}
    if partition is not None:
        facts["partition"] = {
            "rule": partition.rule,
            "provider": _sizes(partition.provider),
            "platform": _sizes(partition.platform),
        }
    facts["repeated_consumption"] = repeated(data)
    return facts | {"info": dict(data.info)}


def render(facts: Mapping[str, Any]) -> str:
    """Return the facts of :func:`describe` as text to read."""
    from tabulate import tabulate

    sides = {"all": facts}
    if "partition" in facts:
        sides |= {side: facts["partition"][side] for side in ("provider", "platform")}
    rows = [
        [label, *(_show(sizes, key) for sizes in sides.values())]
        for label, key in (
            ("users", "users"),
            ("items", "items"),
            ("interactions", "interactions"),
            ("sparsity", "sparsity"),
            ("length min / median / mean / max", "length"),
        )
    ]
    text = [str(facts["name"]), tabulate(rows, ["", *sides], disable_numparse=True, colalign=_right(len(sides)))]
    if "partition" in facts:
        text.append(facts["partition"]["rule"])
    text.append(f"users whose last item is one that they had before: {facts['repeated_consumption']:.1%}")
    tables = {f"users by {name}": counts for name, counts in facts["attributes"].items()}
    if facts["largest_categories"]:
        shown, n = len(facts["largest_categories"]), facts["categories"]
        title = f"items by category, the {TOP} largest of {n}" if n >= shown == TOP else "items by category"
        tables[title] = facts["largest_categories"]
    for title, counts in tables.items():
        body = [[value, f"{count:,}"] for value, count in counts.items()]
        text.append(tabulate(body, [title, ""], disable_numparse=True, colalign=_right(1)))
    if "audience" in facts:
        of = facts["audience"]
        text.append(
            f"audience {of['rule']}: {of['provider']:,} users of the provider, {of['platform']:,} of the platform"
        )
    text += [f"Warning: {warning}" for warning in facts.get("warnings", [])]
    text.append("\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in facts["info"].items()))
    return "\n\n".join(part for part in text if part) + "\n"


def _sizes(data: Interactions) -> dict[str, Any]:
    lengths = data.lengths
    items = int(np.count_nonzero(data.item_counts()))  # of the shared vocabulary, those that occur
    return {
        "users": data.n_users,
        "items": items,
        "interactions": len(data.items),
        "sparsity": 1 - _cells(data) / (data.n_users * items),
        "length": {
            "min": int(lengths.min()),
            "median": float(np.median(lengths)),
            "mean": float(lengths.mean()),
            "max": int(lengths.max()),
        },
    }


def _cells(data: Interactions) -> int:
    """Return how many different items all users have together: one who buys bread daily fills one cell of the table."""
    cells, first = 0, 0
    while first < data.n_users:
        # Some users at a time: numbers for 100 million pairs would take more room than the data.
        last = max(first + 1, int(np.searchsorted(data.offsets, data.offsets[first] + SLICE, "right")) - 1)
        users = np.repeat(np.arange(last - first), np.diff(data.offsets[first : last + 1]))
        items = data.items[data.offsets[first] : data.offsets[last]]
        cells += len(np.unique(users * (data.n_items + 1) + items))
        first = last
    return cells


def _counts(attribute: Attribute) -> dict[str, int]:
    counts = np.bincount(attribute.codes, minlength=len(attribute.values) + 1)
    named = {value: int(n) for value, n in zip(attribute.values, counts[1:], strict=True) if n}
    return named | ({"(unknown)": int(counts[0])} if counts[0] else {})


def _show(sizes: Mapping[str, Any], key: str) -> str:
    if key == "length":
        length = sizes["length"]
        return f"{length['min']} / {length['median']:g} / {length['mean']:.1f} / {length['max']}"
    return f"{sizes[key]:.2%}" if key == "sparsity" else f"{sizes[key]:,}"


def _right(columns: int) -> tuple[str, ...]:
    return ("left", *["right"] * columns)
