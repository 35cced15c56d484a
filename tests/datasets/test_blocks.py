"""Large files in blocks: against the csv module, and every fault with its line, whatever the block's size."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rbench.core.errors import UserError
from rbench.datasets.reading.bad_rows import BadRows
from rbench.datasets.reading.numbered import Layout, read_blocks

LOG = Layout({"user": "number", "item": "number", "action": "text", "time": "number"})
FINE = "1,10,pv,5\n2,11,buy,6\n"


def rows(path: Path, layout: Layout = LOG, skip: bool = False, size: int = 1 << 20) -> tuple[list[Any], BadRows]:
    bad, found = BadRows(skip), []
    for block in read_blocks(path, layout, bad, size):
        found += list(zip(block.lines.tolist(), *(column.tolist() for column in block.columns.values()), strict=True))
    return found, bad


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


GOOD = st.tuples(st.integers(0, 10**17), st.integers(0, 99), st.sampled_from(["pv", "é", ""]), st.integers(0, 10**9))
BAD = st.sampled_from(
    ["", "1,2,pv", "1,2,pv,3,4", "x,1,pv,2", "1,,pv,2", "1,2,pv,-3", "1,2,pv,1.5", "1,2,pv," + "9" * 25]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(GOOD | BAD, min_size=1, max_size=30), st.integers(1, 200), st.sampled_from(["\n", "\r\n"]), st.booleans()
)
def test_the_same_as_the_csv_module(
    tmp_path_factory: pytest.TempPathFactory, given_rows: list[Any], size: int, end: str, last_end: bool
) -> None:
    texts = [row if isinstance(row, str) else ",".join(map(str, row)) for row in given_rows]
    text = end.join(texts) + (end if last_end or not texts[-1] else "")
    assume(any(texts))  # a file of empty lines is empty
    path = write(tmp_path_factory.mktemp("x") / "log.csv", text)
    expected = []
    for line, row in enumerate(csv.reader(io.StringIO(text, newline="")), 1):
        if len(row) == 4 and all(f.isdigit() and len(f) < 19 for f in (row[0], row[1], row[3])):
            expected.append((line, int(row[0]), int(row[1]), row[2], int(row[3])))
    found, bad = rows(path, skip=True, size=size)
    assert found == expected
    while texts and not texts[-1]:
        texts.pop()  # empty lines at the end are no rows
    assert bad.count == len(texts) - len(expected)


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("third", "part"),
    [
        ("3,4,pv", "has 3 fields, not 4 (user, item, action, time)"),
        ("3", "has 1 field, not 4"),
        ("3,4,pv,5,6", "has 5 fields"),
        ("", "is empty"),
        ("a,4,pv,5", "user 'a' is not a whole number"),
        ("3,4.5,pv,5", "item '4.5' is not a whole number"),
        ("3,,pv,5", "item is missing"),
        ("3,4,pv,-1", "time '-1' is negative"),
        ("3,4,pv,99999999999999999999", "is too large"),
        (b"3,4,p\xe9,5", "not UTF-8"),
        (b"3,4,p\0v,5", "zero byte"),
    ],
)
def test_faults(tmp_path: Path, size: int, third: str | bytes, part: str) -> None:
    raw = third if isinstance(third, bytes) else third.encode()
    path = write(tmp_path / "log.csv", FINE.encode() + raw + b"\n" + FINE.encode())
    with pytest.raises(UserError) as caught:
        rows(path, size=size)
    assert f"{path}, line 3: " in str(caught.value) and part in str(caught.value)
    assert "\n" not in str(caught.value) and "skip_bad_rows=true" in str(caught.value)
    found, bad = rows(path, skip=True, size=size)
    assert [line for line, *_ in found] == [1, 2, 4, 5] and bad.count == 1
    assert "log.csv, line 3" in bad.facts()["bad_rows_skipped"]


def test_headers_byte_order_marks_and_two_character_separators(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", b"\xef\xbb\xbfu,i,a,t\r\n1,2,pv,3\r\n")
    assert rows(path, Layout(LOG.columns, header=True))[0] == [(2, 1, 2, "pv", 3)]
    path = write(tmp_path / "x.dat", "1::Café: a film\t(1990)::Drama|War\n".encode("latin-1"))
    layout = Layout({"item": "number", "title": "text", "genres": "text"}, "::", encoding="latin-1")
    assert rows(path, layout)[0] == [(1, 1, "Café: a film (1990)", "Drama|War")]


def test_gzip(tmp_path: Path) -> None:
    whole = gzip.compress(FINE.encode() * 200)
    assert len(rows(write(tmp_path / "log.csv.gz", whole))[0]) == 400
    for broken in (whole[:-20], b"plain text", whole[:30]):
        with pytest.raises(UserError, match="no gzip file, or only the beginning"):
            rows(write(tmp_path / "log.csv.gz", broken))


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is empty"):
        rows(write(tmp_path / "log.csv", ""))
    with pytest.raises(UserError, match="cannot be read"):
        rows(tmp_path / "none.csv")
    assert rows(write(tmp_path / "head.csv", "u,i,a,t\n"), Layout(LOG.columns, header=True))[0] == []


def test_vocabulary_numbers_ids_as_they_come() -> None:
    from rbench.datasets.sequences.vocabulary import Vocabulary

    rng, known = np.random.default_rng(0), Vocabulary()
    parts = [rng.integers(0, 50, size=n) * 10**15 for n in (0, 5, 40, 1, 100)]
    codes = np.concatenate([known.codes(pa.array(part)) for part in parts])
    assert known.ids()[codes].tolist() == np.concatenate(parts).tolist()
    assert codes[np.sort(np.unique(codes, return_index=True)[1])].tolist() == list(range(len(known.ids())))
