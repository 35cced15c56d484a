"""Ways to write one log, by format, unit and encoding; no tests here."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rbench import datasets
from rbench.core.interactions import Interactions

COLUMNS = ("user_id", "item_id", "timestamp", "sex", "kind", "event")
TYPES = ("token", "token", "float", "token", "token", "token")
Row = tuple[str, str, int, str, str, str]


def fields(rows: list[Row], separator: str, quoting: int = csv.QUOTE_MINIMAL, ends: str = "\n") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=ends, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([COLUMNS, *rows])
    return text.getvalue().encode()


def iso(time: int, zone: str = "") -> str:
    return str(np.datetime64(time, "s")) + zone


def as_atomic(rows: list[Row]) -> bytes:
    head = "\t".join(f"{name}:{kind}" for name, kind in zip(COLUMNS, TYPES, strict=True))
    return "\n".join([head, *("\t".join(map(str, row)) for row in rows), ""]).encode()


def as_json(rows: list[Row]) -> bytes:
    return "\n".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in rows).encode()


def as_parquet(rows: list[Row], time: Any = None, text: Any = None, size: int = 7) -> bytes:
    made = {}
    for k, name in enumerate(COLUMNS):
        values = [row[k] for row in rows]
        if name == "timestamp":
            factor = 1 if time is None else 10 ** {"s": 0, "ms": 3, "us": 6, "ns": 9}[time.unit]
            made[name] = pa.array([value * factor for value in values], time or pa.int64())
        else:
            made[name] = pa.array([value or None for value in values], pa.string()).cast(text or pa.string())
    file = io.BytesIO()
    pq.write_table(pa.table(made), file, row_group_size=size)
    return file.getvalue()


WAYS: dict[str, tuple[str, Callable[[list[Row]], bytes]]] = {
    "csv": ("csv", lambda rows: fields(rows, ",")),
    "quoted": ("csv", lambda rows: fields(rows, ",", csv.QUOTE_ALL, "\r\n")),
    "iso": ("csv", lambda rows: fields([(*r[:2], iso(r[2]), *r[3:]) for r in rows], ",")),  # type: ignore[misc]
    "zone": ("tsv", lambda rows: fields([(*r[:2], iso(r[2], "Z"), *r[3:]) for r in rows], "\t")),  # type: ignore[misc]
    "tsv": ("tsv", lambda rows: fields(rows, "\t")),
    "gz": ("csv.gz", lambda rows: gzip.compress(fields(rows, ","), 1)),
    "bz2": ("csv.bz2", lambda rows: bz2.compress(fields(rows, ","))),
    "zst": ("tsv.zst", lambda rows: pa.compress(fields(rows, "\t"), codec="zstd", asbytes=True)),
    "utf-16": ("csv", lambda rows: fields(rows, ",").decode().encode("utf-16")),
    "json": ("jsonl", as_json),
    "inter": ("inter", as_atomic),
    "parquet": ("parquet", as_parquet),
    "large": ("parquet", lambda rows: as_parquet(rows, text=pa.large_string())),
    "binary": ("parquet", lambda rows: as_parquet(rows, text=pa.binary(), size=1000)),
    "dictionary": ("parquet", lambda rows: as_parquet(rows, text=pa.dictionary(pa.int32(), pa.string()))),
    **{
        f"{unit} {zone}": ("parquet", lambda rows, unit=unit, zone=zone: as_parquet(rows, pa.timestamp(unit, zone)))
        for unit in ("s", "ms", "us", "ns")
        for zone in (None, "UTC", "+02:00")
    },
}
OPTIONS = {"attributes": "sex", "category": "kind", "where": "event:view"}


def load(path: Path, **options: Any) -> Interactions:
    spec = datasets.resolve(f"same={path}")
    return spec.open(spec.configure(options)).load()


def sequences(data: Interactions) -> dict[str, list[str]]:
    return {user: [data.item_ids[i - 1] for i in data.of(u)] for u, user in enumerate(data.user_ids)}


def expected(rows: list[Row], event: str = "") -> dict[str, list[str]]:
    """Return the sequences of rows the slow way: of users with three events or more, of one kind if it is given."""
    events: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        if not event or row[5] == event:
            events.setdefault(row[0], []).append((int(row[2]), row[1]))
    return {
        user: [item for _, item in sorted(each, key=lambda pair: pair[0])]
        for user, each in events.items()
        if len(each) > 2
    }
