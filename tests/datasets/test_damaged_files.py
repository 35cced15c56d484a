"""Damaged files: each gives the rows that are whole, or one sentence, in bounded time and memory."""

from __future__ import annotations

import csv
import io
import json
import random
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rbench_ways import COLUMNS, OPTIONS, WAYS, Row, expected, load, sequences

from rbench.core.errors import UserError

ROWS: list[Row] = [
    (f"u{n % 9}", f"i{n * 7 % 11}", 10**9 + n, "FM"[n % 9 % 2], f"k{n * 7 % 11 % 3}", "view") for n in range(120)
]
TEXT = {"csv": ",", "quoted": ",", "tsv": "\t", "json": "", "inter": "\t", "utf-16": ","}
"""Ways whose beginning may be read, and what separates their fields."""
FUZZED = (*TEXT, "gz", "bz2", "zst", "parquet", "dictionary", "ns None")
MEMORY = 1 << 19
"""KiB by which all damaged files together may raise the process's peak."""


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


def damaged(raw: bytes, kind: str, rng: random.Random) -> bytes:
    if kind == "truncated":
        return raw[: rng.randrange(len(raw))]
    if kind == "random":
        return rng.randbytes(rng.randrange(1, 2000))
    changed = bytearray(raw)
    for _ in range(rng.choice([1, 1, 2, 8])):
        changed[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def whole_rows(content: bytes, way: str) -> tuple[list[Row], bool]:
    """Return the rows that a truncated file of text still has, and whether a part of one is left."""
    text = content.decode("utf-16" if way == "utf-16" else "utf-8", "ignore")
    if way == "json":
        rows, lines = [], text.splitlines()
        for line in lines:
            try:
                rows.append(tuple(json.loads(line)[name] for name in COLUMNS))
            except ValueError:
                continue
        return rows, len(rows) < len(lines)  # type: ignore[return-value]
    found = list(csv.reader(io.StringIO(text), delimiter=TEXT[way]))[1:]
    rows = [tuple(row) for row in found if len(row) == len(COLUMNS)]
    return rows, len(rows) < len(found)  # type: ignore[return-value]


def touched(raw: bytes, content: bytes) -> set[str] | None:
    """Return the users of lines that differ, before or after; None where more than the lines may have changed."""
    old, new = raw.split(b"\n"), content.split(b"\n")
    if len(old) != len(new) or old[0] != new[0] or b"\r" in content or content.count(b'"') != raw.count(b'"'):
        return None
    lines = b"\n".join(o + n for o, n in zip(old, new, strict=True) if o != n)
    return {user for user, *_ in ROWS if user.encode() in lines}


def judge(way: str, kind: str, raw: bytes, content: bytes, skip: bool, found: dict[str, list[str]] | None) -> None:
    """Compare the sequences that were read, None for a refusal, with those of a slow reading."""
    if kind == "random" or (kind == "truncated" and way not in TEXT):
        assert found is None
    elif kind == "truncated":
        rows, more = whole_rows(content, way)
        should = expected(rows, "view" if way == "quoted" else "")
        assert found == should if found is not None else not should or (more and not skip) or way == "quoted"
    elif found is not None and way in ("gz", "bz2"):  # their checksums tell every flipped bit
        assert found == expected(ROWS)
    elif found is not None and way in ("csv", "tsv", "json", "inter"):
        changed = touched(raw, content)
        for user, items in expected(ROWS).items():
            assert changed is None or user in changed or found[user] == items


def fuzz(folder: Path, way: str, kind: str, times: int) -> None:
    end, write = WAYS[way]
    raw, rng = write(ROWS), random.Random(f"{way} {kind}")
    path, before = folder / f"x.{end}", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for n in range(times):
        path.write_bytes(content := damaged(raw, kind, rng))
        skip = n % 2 == 1
        options: dict[str, Any] = {"skip_bad_rows": skip, **(OPTIONS if way == "quoted" else {})}
        found = None
        try:
            try:
                with within(20):
                    found = sequences(load(path, **options))
            except UserError as error:
                assert "\n" not in str(error)
            judge(way, kind, raw, content, skip, found)
        except Exception as error:
            raise AssertionError((way, kind, n, content)) from error
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY


@pytest.mark.parametrize("kind", ["truncated", "flipped", "random"])
@pytest.mark.parametrize("way", FUZZED)
def test_damaged_files(tmp_path: Path, way: str, kind: str) -> None:
    fuzz(tmp_path, way, kind, 12)


def test_checksums_of_parquet(tmp_path: Path) -> None:
    table = pa.table({"user_id": ["u"] * 3, "item_id": ["aaa", "bbb", "ccc"], "timestamp": range(3)})
    path, plain = tmp_path / "x.parquet", {"compression": "none", "use_dictionary": False, "write_statistics": False}
    for kept in (False, True):
        pq.write_table(table, path, write_page_checksum=kept, **plain)
        path.write_bytes(path.read_bytes().replace(b"bbb", b"bcb"))
        if kept:
            with pytest.raises(UserError, match=r"x\.parquet is no parquet file, or a damaged one .*CRC checksum"):
                load(path)
        else:
            assert sequences(load(path)) == {"u": ["aaa", "bcb", "ccc"]}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["truncated", "flipped", "random"])
@pytest.mark.parametrize("way", FUZZED)
def test_many_damaged_files(tmp_path: Path, way: str, kind: str) -> None:
    fuzz(tmp_path, way, kind, 2000)
