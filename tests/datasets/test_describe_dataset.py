"""Facts of a tiny data set, worked out by hand, and the text made from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rbench import datasets
from rbench.benchmark.scenarios.pretrained.protocol.partition import split_users
from rbench.datasets.shown.describe import describe, render


def test_by_hand(folder: Callable[..., Path]) -> None:
    inter = "user_id:token\titem_id:token\ttimestamp:float\n" + "".join(
        f"{u}\t{item}\t{t}\n"
        for u, items in (("2", "aab"), ("10", "abcc"), ("3", "aaa"))
        for t, item in enumerate(items)
    )
    toml = 'licence = "CC0"\nsource = "a shop"\ncategory = "genre"\n'
    spec = datasets.resolve(str(folder(inter=inter, toml=toml)))
    data = spec.open().load()
    facts = json.loads(json.dumps(describe(data, split_users(data, "max_interactions:4")), allow_nan=False))
    assert (facts["users"], facts["items"], facts["interactions"]) == (3, 3, 10)
    assert facts["sparsity"] == 1 - 6 / 9
    assert facts["length"] == {"min": 3, "median": 3.0, "mean": 10 / 3, "max": 4}
    assert facts["attributes"]["gender"] == {"F": 1, "M": 1, "(unknown)": 1}
    assert facts["largest_categories"] == {"Drama": 2, "Comedy": 1}
    assert (facts["partition"]["provider"]["users"], facts["partition"]["platform"]["users"]) == (1, 2)
    assert facts["partition"]["platform"]["items"] == 2
    assert facts["repeated_consumption"] == 2 / 3  # of abcc and aaa
    text = render(facts)
    for part in (
        "toys",
        "users by gender",
        "(unknown)",
        "items by category",
        "fewer than 4",
        "had before: 66.7%",
        "licence: CC0",
        "a shop",
    ):
        assert part in text
    assert "had before: 66.7%" in text
    assert "partition" not in describe(data) and "provider" not in render(describe(data))


def test_sparsity_in_slices(folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    inter = "user_id:token\titem_id:token\ttimestamp:float\n" + "".join(
        f"{u}\t{(u * t) % 7}\t{t}\n" for u in range(40) for t in range(3 + u % 5)
    )
    data = datasets.resolve(str(folder(inter=inter, user=None, item=None))).open().load()
    cells = {(u, int(i)) for u in range(data.n_users) for i in data.of(u)}
    for size in (1, 4, 10, 1 << 22):
        monkeypatch.setattr("rbench.datasets.shown.describe.SLICE", size)
        assert describe(data)["sparsity"] == 1 - len(cells) / (data.n_users * data.n_items)
