"""One log, written in every format, unit, encoding and order of rows, is the same data set."""

from __future__ import annotations

import csv
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rbench_ways import OPTIONS, WAYS, Row, expected, load, sequences

from rbench.core.artifacts import encode
from rbench.core.errors import UserError
from rbench.datasets.reading.bad_rows import BadRows
from rbench.datasets.reading.delimited import Form, read_delimited

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


@settings(max_examples=12, deadline=None)
@given(rows=logs(), shuffled=st.randoms(use_true_random=False))
def test_the_same_data(tmp_path_factory: pytest.TempPathFactory, rows: list[Row], shuffled: random.Random) -> None:
    folder, first, message = tmp_path_factory.mktemp("x"), None, ""
    long = expected(rows, "view")
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
        assert sequences(data) == long, way
        if end == "inter":  # its attributes stand in files of their own
            assert first is not None and data.items.tolist() == first.items.tolist()
            continue
        first = first or data
        one, two = encode(first), encode(data)
        message = f"{way} differs"
        assert one["interactions.safetensors"] == two["interactions.safetensors"], message
        assert (data.user_ids, data.item_ids) == (first.user_ids, first.item_ids), message
        assert data.category_names == first.category_names, message
        assert {n: a.values for n, a in data.attributes.items()} == {
            n: a.values for n, a in first.attributes.items()
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
        found += list(zip(batch.lines.tolist(), *(c.to_pylist() for c in batch.columns.values()), strict=True))
    line, expected = 1, []
    for first, second, third in rows:
        if not any("\n" in value.strip() for value in (first, third)):  # in the others they are control characters
            expected.append((line, third.strip(), first.strip()))
        line += 1 + first.count("\n") + second.count("\n") + third.count("\n")
    assert found == expected
