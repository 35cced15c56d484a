"""The synthetic clicks: their sizes, their sameness, and that the next item depends on what it should."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np
import pytest

from rbench import datasets
from rbench.benchmark.scenarios.pretrained.protocol.partition import split_users
from rbench.core.artifacts import encode
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions


def load(**options: object) -> Interactions:
    spec = datasets.resolve("synthetic-cikm")
    return spec.open(spec.configure(options)).load()


@pytest.fixture(scope="module")
def tenth() -> Interactions:
    return load(scale=0.1)


def test_sizes(tenth: Interactions) -> None:
    sides = split_users(tenth, datasets.resolve("synthetic-cikm").configure({}).platform)
    assert (sides.provider.n_users, sides.platform.n_users) == (6_000, 3_100)
    assert (len(sides.provider.items), len(sides.platform.items)) == (200_000, 20_000)
    assert abs(tenth.n_items - 13_000) < 200
    assert sides.platform.lengths.min() == 3 and sides.provider.lengths.max() > 200
    assert len(tenth.category_names) == 316 and len(np.unique(tenth.categories[1:])) == 316
    counts = np.sort(tenth.item_counts()[1:])[::-1]
    # A power law: straight in logarithms over the upper ranks.
    ranks = np.arange(10, 1000)
    slope, _ = np.polyfit(np.log(ranks), np.log(counts[ranks - 1]), 1)
    assert -1.2 < slope < -0.4 and np.corrcoef(np.log(ranks), np.log(counts[ranks - 1]))[0, 1] < -0.98


def test_the_seed_decides_everything() -> None:
    one, two, other = (encode(load(scale=0.01, seed=seed)) for seed in (3, 3, 4))
    assert one == two and one != other


def hit_rates(data: Interactions) -> dict[str, float]:
    """Return HR@10 of the last item, with counts of all but each user's last click, made with dictionaries."""
    last, before = data.items[data.offsets[1:] - 1], data.items[data.offsets[1:] - 2]
    train = data.drop_last(1)
    counts = train.item_counts()
    top = set(np.argsort(-counts, kind="stable")[:10].tolist())
    by_category: dict[int, list[int]] = {}
    for item in np.argsort(-counts, kind="stable").tolist():
        if item and len(known := by_category.setdefault(int(data.categories[item]), [])) < 10:
            known.append(item)
    following: dict[int, dict[int, int]] = {}
    same_user = train.users[1:] == train.users[:-1]
    for a, b in zip(train.items[:-1][same_user].tolist(), train.items[1:][same_user].tolist(), strict=True):
        row = following.setdefault(a, {})
        row[b] = row.get(b, 0) + 1
    after = {a: set(sorted(row, key=lambda b: -row[b])[:10]) for a, row in following.items()}
    pairs = list(zip(before.tolist(), last.tolist(), strict=True))
    return {
        "popularity": float(np.mean([b in top for _, b in pairs])),
        "category": float(np.mean([b in by_category[int(data.categories[a])] for a, b in pairs])),
        "item": float(np.mean([b in after.get(a, ()) for a, b in pairs])),
    }


def test_the_next_item_depends_on_the_last_ones(tenth: Interactions) -> None:
    found = hit_rates(tenth)
    assert found["category"] > 3 * found["popularity"] and found["item"] > 3 * found["popularity"]
    loose = hit_rates(load(scale=0.1, stay=0.0))
    assert loose["category"] < found["category"] / 3 and loose["item"] < found["item"] / 3


def test_tastes_depend_on_attributes(tenth: Interactions) -> None:
    """Chi-squared of category by each attribute, over first clicks, against shuffled attributes."""
    first = tenth.categories[tenth.items[tenth.offsets[:-1]]]

    def spread(codes: np.ndarray) -> float:  # type: ignore[type-arg]
        table = np.zeros((codes.max() + 1, first.max() + 1))
        np.add.at(table, (codes, first), 1)
        expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
        return float((((table - expected) ** 2)[expected > 0] / expected[expected > 0]).sum())

    rng = np.random.default_rng(0)
    for name in ("gender", "age", "power"):
        codes = tenth.attributes[name].codes
        assert spread(codes) > 1.5 * max(spread(rng.permutation(codes)) for _ in range(5)), name


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"scale": "0"}, "scale=0.0 must lie between"),
        ({"scale": "big"}, "scale=big is not a number"),
        ({"stay": "2"}, "stay=2.0 must lie"),
        ({"buckets": "age:10"}, "ages are in ranges already"),
    ],
)
def test_mistakes(options: dict[str, str], part: str) -> None:
    with pytest.raises(UserError, match=part):
        load(**options)


@pytest.mark.slow
def test_full_size_in_a_minute_and_two_gigabytes() -> None:
    code = (
        "from rbench import datasets; data = datasets.resolve('synthetic-cikm').open().load(); "
        "print(len(data.items), data.n_items)"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    clicks, items = map(int, done.stdout.split())
    assert time.monotonic() - began < 60 and clicks == 2_200_000 and abs(items - 130_000) < 1500
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 2 * 2**20
