"""What tests of odd logs write and read; no tests here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rbench import datasets
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions

HEAD = "user_id,item_id,timestamp\n"


def load(path: Path, **options: Any) -> Interactions:
    spec = datasets.resolve(str(path))
    return spec.open(spec.configure(options)).load()


def sequences(data: Interactions) -> dict[str, str]:
    return {user: " ".join(data.item_ids[i - 1] for i in data.of(u)) for u, user in enumerate(data.user_ids)}


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        load(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def parquet(path: Path, **columns: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def csv(path: Path, rows: str, head: str = HEAD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + rows.replace(" ", "\n") + "\n", "utf-8")
    return path
