"""One log, written in every format, unit, encoding and order of rows, is the same data set; damaged files are told."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench import datasets
from rbench.core.artifacts import encode
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.datasets.reading.bad_rows import BadRows
from rbench.datasets.reading.delimited import Form, read_delimited

COLUMNS = ("user_id", "item_id", "timestamp", "sex", "kind", "event")
TYPES = ("token", "token", "float", "token", "token", "token")
Row = tuple[str, str, int, str, str, str]

# No spaces at the ends, which are removed; no control characters, which are refused.
IDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=6).map(str.strip).filter(bool)


@st.composite
def logs(draw: st.DrawFn) -> list[Row]:
    users = draw(st.lists(IDS, min_size=1, max_size=4, unique=True))
    items = draw(st.lists(IDS, min_size=3, max_size=6, unique=True))
    sexes = {user: draw(st.sampled_from(["F", "M", ""])) for user in users}
    kinds = {item: draw(st.sampled_from(["x", "y z", "ü"])) for item in items}
    size = draw(st.integers(3, 30))
    times = draw(st.lists(st.integers(10**9, 2 * 10**9), min_size=size, max_size=size, unique=True))
    rows = []
    for time in times:
        user, item = draw(st.sampled_from(users)), draw(st.sampled_from(items))
        rows.append((user, item, time, sexes[user], kinds[item], draw(st.sampled_from(["view", "buy"]))))
    return [*rows, (users[0], items[0], 3 * 10**9, sexes[users[0]], kinds[items[0]], "view")]


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


@settings(max_examples=12, deadline=None)
@given(rows=logs(), shuffled=st.randoms(use_true_random=False))
def test_the_same_data(tmp_path_factory: pytest.TempPathFactory, rows: list[Row], shuffled: random.Random) -> None:
    folder, expected, message = tmp_path_factory.mktemp("x"), None, ""
    slow: dict[str, list[tuple[int, str]]] = {}
    for user, item, time, _, _, event in rows:
        if event == "view":
            slow.setdefault(user, []).append((time, item))
    long = {user: [item for _, item in sorted(events)] for user, events in slow.items() if len(events) > 2}
    for way, (end, write) in WAYS.items():
        own = [*rows]
        shuffled.shuffle(own)
        path = folder / f"{way.replace(' ', '').replace(':', '')}.{end}"
        path.write_bytes(write(own))
        options = {"where": OPTIONS["where"]} if end == "inter" else OPTIONS
        if not long:
            with pytest.raises(UserError, match="no user is left"):
                load(path, **options)
            continue
        data = load(path, **options)
        found = {u: [data.item_ids[i - 1] for i in data.of(n)] for n, u in enumerate(data.user_ids)}
        assert found == long, way
        if end == "inter":  # its attributes stand in files of their own
            assert expected is not None and data.items.tolist() == expected.items.tolist()
            continue
        expected = expected or data
        one, two = encode(expected), encode(data)
        message = f"{way} differs"
        assert one["interactions.safetensors"] == two["interactions.safetensors"], message
        assert (data.user_ids, data.item_ids) == (expected.user_ids, expected.item_ids), message
        assert data.category_names == expected.category_names, message
        assert {n: a.values for n, a in data.attributes.items()} == {
            n: a.values for n, a in expected.attributes.items()
        }, message


FIELD = st.text(st.sampled_from('ab",\n ;é'), max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(FIELD, min_size=3, max_size=3), min_size=1, max_size=8),
    st.integers(1, 60),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_fields_are_those_of_the_csv_module(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], size: int, quoting: int
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    path = tmp_path_factory.mktemp("x") / "x.csv"
    path.write_bytes(text.getvalue().encode())
    bad, found = BadRows(True), []
    for batch in read_delimited(path, ["c", "a"], Form(names=("a", "b", "c"), header=False), "log", bad, size):
        found += list(zip(batch.lines.tolist(), *(c.to_pylist() for c in batch.columns), strict=True))
    line, expected = 1, []
    for first, second, third in rows:
        if not any("\n" in value.strip() for value in (first, third)):  # in the others they are control characters
            expected.append((line, third.strip(), first.strip()))
        line += 1 + first.count("\n") + second.count("\n") + third.count("\n")
    assert found == expected


class TooSlow(Exception):
    """A file took more than its time."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


ROWS: list[Row] = [
    (f"u{n % 9}", f"i{n * 7 % 11}", 10**9 + n, "FM"[n % 9 % 2], f"k{n * 7 % 11 % 3}", "view") for n in range(120)
]
FUZZED = ("csv", "quoted", "tsv", "gz", "bz2", "zst", "json", "inter", "parquet", "dictionary", "ns None", "utf-16")


def damaged(raw: bytes, kind: str, rng: random.Random) -> bytes:
    if kind == "truncated":
        return raw[: rng.randrange(len(raw))]
    if kind == "random":
        return rng.randbytes(rng.randrange(1, 2000))
    changed = bytearray(raw)
    for _ in range(rng.choice([1, 1, 2, 8])):
        changed[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def fuzz(folder: Path, way: str, kind: str, times: int) -> None:
    """Load damaged files: each gives sequences of ids, or one sentence."""
    end, write = WAYS[way]
    raw, rng = write(ROWS), random.Random(f"{way} {kind}")
    path = folder / f"x.{end}"
    for n in range(times):
        path.write_bytes(content := damaged(raw, kind, rng))
        options: dict[str, Any] = {"skip_bad_rows": n % 2 == 1}
        if way == "quoted":
            options |= OPTIONS
        try:
            with within(20):
                data = load(path, **options)
        except UserError as error:
            assert "\n" not in str(error), (way, kind, n, content)
        except Exception as error:
            raise AssertionError((way, kind, n, content)) from error
        else:
            assert len(data.items) == data.offsets[-1] and data.items.min() >= 1


@pytest.mark.parametrize("kind", ["truncated", "flipped", "random"])
@pytest.mark.parametrize("way", FUZZED)
def test_damaged_files(tmp_path: Path, way: str, kind: str) -> None:
    fuzz(tmp_path, way, kind, 12)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["truncated", "flipped", "random"])
@pytest.mark.parametrize("way", FUZZED)
def test_many_damaged_files(tmp_path: Path, way: str, kind: str) -> None:
    fuzz(tmp_path, way, kind, 2000)
