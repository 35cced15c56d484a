"""The data sets that need raw files, or much time at full size, under the contract of data sets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import rbench_raw_files as raw

from rbench.datasets.aliec import Aliec
from rbench.datasets.cikm import Cikm
from rbench.datasets.ml_1m import Ml1m
from rbench.datasets.poisonfed_az import PoisonfedAz
from rbench.datasets.poisonfed_ml import PoisonfedMl
from rbench.datasets.synthetic_cikm import SyntheticCikm
from rbench.testing import DatasetContract

# Enough users and items for both sides, an audience on each, and five targets.
USERS = range(1, 13)
ITEMS = range(1, 31)


@pytest.fixture(autouse=True)
def made(homes: Path) -> Iterator[None]:
    """Put made-up raw files into the data folder."""
    steps = [(u, (u * 7 + k) % len(ITEMS) + 1, k) for u in USERS for k in range(3 + u)]
    levels = "0,1,{gender},{level},1,1,0,2"
    raw.write(
        homes / "ml-1m",
        ratings__dat="".join(f"{u}::{i}::5::{t}\n" for u, i, t in steps),
        users__dat="".join(f"{u}::{'MF'[u % 2]}::25::{u % 4}::1\n" for u in USERS),
        movies__dat="".join(f"{i}::Film {i}::{'ABC'[i % 3]}\n" for i in ITEMS),
    )
    raw.write(
        homes / "cikm",
        user_behavior__csv="".join(f"{u},{i},pv,{t}\n" for u, i, t in steps),
        user__csv="".join(f"{u},{u % 2},{20 + u},3\n" for u in USERS),
        item__csv="".join(f"{i},{i % 3},1,1\n" for i in ITEMS),
    )
    raw.write(
        homes / "aliec",
        raw_sample__csv="user,time_stamp,adgroup_id,pid,nonclk,clk\n"
        + "".join(f"{u},{t},{i},p,0,1\n" for u, i, t in steps),
        user_profile__csv=raw.HEAD
        + "".join(f"{u},{levels.format(gender=1 + u % 2, level=3 + u % 2)}\n" for u in USERS),
        ad_feature__csv="adgroup_id,cate_id,campaign_id,customer,brand,price\n"
        + "".join(f"{i},{i % 3},1,1,1,1\n" for i in ITEMS),
    )
    parts: dict[str, list[str]] = {"train": [], "test": []}
    for u in USERS:
        items = [str(i) for v, i, _ in steps if v == u]
        cut = len(items) - len(items) // 5
        parts["train"].append(" ".join([str(u), *items[:cut]]) + "\n")
        parts["test"].append(" ".join([str(u), *items[cut:]]) + "\n")
    for name in ("poisonfed-ml", "poisonfed-az"):
        raw.write(homes / name, train__dat="".join(parts["train"]), test__dat="".join(parts["test"]))
    yield


class TestMl1m(DatasetContract):
    dataset = Ml1m


class TestCikm(DatasetContract):
    dataset = Cikm
    options = {"duplicates": "consecutive"}


class TestAliec(DatasetContract):
    dataset = Aliec
    options = {"min_item_interactions": 2}


class TestPoisonfedMl(DatasetContract):
    dataset = PoisonfedMl
    options = {"checked": False}


class TestPoisonfedAz(DatasetContract):
    dataset = PoisonfedAz
    options = {"checked": False, "as_released": True, "min_item_interactions": 2}


class TestSyntheticCikm(DatasetContract):
    dataset = SyntheticCikm
    options = {"scale": 0.005}
