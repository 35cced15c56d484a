"""MovieLens-1M as a folder of atomic files, where a copy is at hand."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from rbench import datasets

DATA = Path(os.environ.get("RBENCH_DATA") or Path(__file__).resolve().parents[3] / "shared/data")
ZIP = DATA / "ml-1m/ml-1m.zip"


@pytest.mark.skipif(not ZIP.is_file(), reason="no ml-1m/ml-1m.zip in RBENCH_DATA or ../shared/data")
def test_ml_1m(tmp_path: Path) -> None:
    with zipfile.ZipFile(ZIP) as archive:
        archive.extractall(tmp_path)
    data = datasets.resolve(str(tmp_path / "ml-1m")).open().load()
    assert (data.n_users, data.n_items, len(data.items)) == (6040, 3416, 999_611)
    assert data.info["ordered_by"].startswith("position") and data.info["category"] == "genre"
    assert set(data.attributes) == {"age", "gender", "occupation"}
    by_user: dict[str, list[tuple[float, str]]] = {}
    with (tmp_path / "ml-1m/ml-1m.inter").open() as file:
        next(file)
        for line in file:
            user, item, _, position = line.rstrip("\n").split("\t")
            by_user.setdefault(user, []).append((float(position), item))
    for u in np.random.default_rng(0).choice(6040, 500, replace=False):
        assert [data.item_ids[i - 1] for i in data.of(u)] == [i for _, i in sorted(by_user[data.user_ids[u]])]
