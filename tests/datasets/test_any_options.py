"""Columns of any type under any options, in every format, give data or one sentence."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rbench_ways import load

from rbench.core.errors import UserError

ROWS = 12
NAMES = ("user_id", "item_id", "timestamp", "a", "b")
COLUMNS: tuple[Callable[[list[int]], Any], ...] = (
    pa.array,
    lambda numbers: pa.array(map(str, numbers)),
    lambda numbers: pa.array(map(str, numbers)).dictionary_encode(),
    lambda numbers: pa.array(numbers).dictionary_encode(),
    lambda numbers: pa.array(map(float, numbers)),
    lambda numbers: pa.array([n % 2 == 0 for n in numbers]),
    lambda numbers: pa.array([n or None for n in numbers]),
    lambda numbers: pa.array([f"x{n}" if n else None for n in numbers]),
    lambda numbers: pa.array([f"u{n}" for n in numbers], pa.large_string()),
    lambda numbers: pa.array([bytes([97 + n]) for n in numbers]),
    lambda numbers: pa.array([Decimal(f"{n}.5") for n in numbers]),
    lambda numbers: pa.array([1_700_000_000 + n for n in numbers], pa.timestamp("s")),
    lambda numbers: pa.array(numbers, pa.date32()),
    lambda numbers: pa.array(numbers, pa.time32("s")),
    lambda numbers: pa.array(numbers, pa.duration("ms")),
    lambda numbers: pa.array([[n] * n for n in numbers]),
    lambda numbers: pa.array([{"n": n} for n in numbers]),
    lambda numbers: pa.nulls(len(numbers)),
)


def table(rng: random.Random) -> Any:
    made = {name: rng.choice(COLUMNS)([rng.randrange(4) for _ in range(ROWS)]) for name in NAMES}
    if rng.random() < 0.6:  # half of the logs can be read
        made["user_id"] = pa.array([f"u{k % 3}" for k in range(ROWS)])
        made |= rng.choice(
            [{"item_id": pa.array([f"i{k % 5}" for k in range(ROWS)])}, {"timestamp": pa.array(range(ROWS))}]
        )
    return pa.table(made).slice(0, rng.choice([ROWS] * 9 + [0]))


def text(value: Any) -> str:
    return "" if value is None else str(value).replace(",", ";")


def write(made: Any, folder: Path, rng: random.Random) -> Path:
    end = rng.choice(["parquet", "jsonl", "csv", "inter"])
    path, rows = folder / f"x.{end}", made.to_pylist()
    if end == "parquet":
        pq.write_table(made, path, row_group_size=5)
    elif end == "jsonl":
        path.write_text("\n".join(json.dumps(row, default=str) for row in rows))
    else:
        kinds = [f":{rng.choice(['token', 'token', 'float', 'token_seq'])}" if end == "inter" else "" for _ in NAMES]
        head = [name + kind for name, kind in zip(NAMES, kinds, strict=True)]
        lines = [head, *([text(value) for value in row.values()] for row in rows)]
        path.write_text("".join(("\t" if end == "inter" else ",").join(line) + "\n" for line in lines))
    return path


def options(rng: random.Random) -> dict[str, Any]:
    one, two, three = (rng.choice(NAMES) for _ in range(3))
    every = {
        "user": one,
        "item": one,
        "time": rng.choice([two, "order"]),
        "time_format": rng.choice(["%Y", "%d.%m.%Y"]),
        "where": rng.choice([f"{one}>=1", f"{one}:1+x2", f"{one}<3 & {two}:u1", f"{one}!=2"]),
        "missing": rng.choice(["NA", "1", "x1+2"]),
        "category": rng.choice([three, "none"]),
        "category_separator": rng.choice(["1", "|"]),
        "attributes": rng.choice([one, f"{one}+{two}", "none"]),
        "buckets": f"{two}:10",
        "title": two,
        "rating": three,
        "texts": True,
        "duplicates": rng.choice(["exact", "consecutive", "first", "last"]),
        "skip_bad_rows": True,
        "explode": True,
        "separator": rng.choice([";", "tab"]),
        "columns": "+".join(NAMES),
        "quoted": False,
        "min_item_interactions": 2,
    }
    return {name: value for name, value in every.items() if rng.random() < (0.6 if name == "skip_bad_rows" else 0.2)}


def try_many(folder: Path, seed: int, times: int) -> int:
    """Return how many of ``times`` logs were read."""
    rng, fine = random.Random(seed), 0
    for _ in range(times):
        path, given = write(table(rng), folder, rng), options(rng)
        try:
            data = load(path, **given)
        except UserError as error:
            assert "\n" not in str(error)
        except Exception as error:
            raise AssertionError((path.name, given, path.read_bytes())) from error
        else:
            assert data.n_users and len(data.items) == data.offsets[-1]
            fine += 1
    return fine


def test_data_or_one_sentence(tmp_path: Path) -> None:
    assert try_many(tmp_path, seed=0, times=250) >= 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 5))
def test_very_many(tmp_path: Path, seed: int) -> None:
    assert try_many(tmp_path, seed, times=5000) >= 200
