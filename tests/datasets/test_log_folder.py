"""A shop's own log in CSV or parquet files: columns by name, times of any kind, and every fault with its line."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rbench_raw_files as raw
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench import datasets
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.datasets.reading.times import Times

TOML = """
log = "sales.csv"
user = "who"
item = "what"
time = "when"
items = "goods.csv"
item_key = "sku"
category = "kind"
users = "people.csv"
attributes = ["sex", "age"]
buckets = {age = 10}
audience = "sex:M"
platform = "max_interactions:4"
"""
SALES = """\
when,who,till,what
2024-03-01 10:00:00,ann,1,tea
2024-02-29T09:00:00Z,ann,2,"salt, coarse"
2024-03-01 10:00:00,ann,1,jam
2024-03-02, bob b ,1,tea
2024-03-01,bob b,1,jam
2024-03-03,bob b,1,tea
2024-03-04,bob b,1,milk
2024-01-01,cy,1,tea
"""
GOODS = 'sku,kind,price\ntea,drinks,3\n"salt, coarse",spices,1\njam,,2\n'
PEOPLE = "who,sex,age\nann,F,34\nbob b,M,\n"


def write(folder: Path, toml: str = TOML, **files: str | bytes) -> Path:
    given = {"sales__csv": SALES, "goods__csv": GOODS, "people__csv": PEOPLE, "rbench__toml": toml, **files}
    return raw.write(folder, **given)  # type: ignore[no-any-return]


def load(folder: Path, **options: Any) -> Interactions:
    spec = datasets.resolve(str(folder))
    return spec.open(spec.configure(options)).load()


def sequences(data: Interactions) -> dict[str, list[str]]:
    return {user: [data.item_ids[i - 1] for i in data.of(u)] for u, user in enumerate(data.user_ids)}


EXPECTED = {"ann": ["salt, coarse", "tea", "jam"], "bob b": ["jam", "tea", "tea", "milk"]}


def test_by_hand(tmp_path: Path) -> None:
    data = load(write(tmp_path / "shop"))
    assert sequences(data) == EXPECTED  # spaces around an id go, those inside stay; ties in the file's order
    assert data.name == "shop" and data.category_names == ("drinks", "spices")
    assert dict(zip(data.item_ids, data.categories[1:].tolist(), strict=True)) == {
        "jam": 0,
        "milk": 0,
        "salt, coarse": 2,
        "tea": 1,
    }
    assert data.attributes["sex"].codes.tolist() == [1, 2] and data.attributes["age"].values == ("30-39",)
    assert data.info["items_without_a_row"] == "1 of the log's 4 (kept)"
    assert data.info["users_without_a_row"] == "1 of the log's 3 (kept)"
    spec = datasets.resolve(str(tmp_path / "shop"))
    assert spec.configure({}).platform == "max_interactions:4" and spec.configure({}).audience == "sex:M"


def test_the_same_gzipped_or_as_parquet(tmp_path: Path) -> None:
    files = {name: text.encode() for name, text in (("sales", SALES), ("goods", GOODS), ("people", PEOPLE))}
    packed = tmp_path / "gz"
    raw.write(packed, **{f"{name}__csv__gz": gzip.compress(text) for name, text in files.items()})
    raw.write(packed, rbench__toml=TOML.replace('.csv"', '.csv.gz"'))
    assert sequences(load(packed)) == EXPECTED
    table = tmp_path / "table"
    raw.write(table, rbench__toml=TOML.replace('.csv"', '.parquet"'))
    for name, text in files.items():
        rows = list(csv.DictReader(text.decode().splitlines()))
        columns: dict[str, list[Any]] = {key: [row[key].strip() or None for row in rows] for key in rows[0]}
        if name == "sales":
            columns["when"] = [datetime.fromisoformat(t.replace("Z", "")) for t in columns["when"]]
        if name == "people":
            columns["age"] = [34.0, None]
        pq.write_table(pa.table(columns), table / f"{name}.parquet")
    data = load(table)
    assert sequences(data) == EXPECTED and data.attributes["age"].values == ("30-39",)
    with pytest.raises(UserError, match=r"unknown column of .*sales.parquet for the log: 'wen'; did you mean when"):
        load(table, time="wen")
    (table / "goods.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(UserError, match=r"goods.parquet is no parquet file, or a damaged one"):
        load(table)


def test_everything_in_one_file(tmp_path: Path) -> None:
    log = "user_id,item_id,timestamp,event,sex,kind\n" + "".join(
        f"{u},{i},{t},{'view' if t % 2 else 'buy'},{'F' if u == 'a' else ''},k{i % 2}\n"
        for u in "ab"
        for t, i in enumerate((5, 3, 9, 3, 1, 1))
    )
    folder = raw.write(tmp_path / "one", log__csv=log)
    assert sequences(load(folder))["a"] == ["5", "3", "9", "3", "1", "1"]
    data = load(folder, where="event:view", attributes="sex", category="kind")
    assert sequences(data) == {"a": ["3", "3", "1"], "b": ["3", "3", "1"]}
    assert data.attributes["sex"].codes.tolist() == [1, 0] and data.category_names == ("k1",)
    assert sequences(load(folder, duplicates="first"))["a"] == ["5", "3", "9", "1"]
    assert sequences(load(folder, where="event:view+buy")) == sequences(load(folder))


def test_separators(tmp_path: Path) -> None:
    rows = "user_id;item_id;timestamp\n" + "".join(f"u;i,{t};{t}\n" for t in range(3))
    assert sequences(load(raw.write(tmp_path / "a", log__csv=rows), separator=";")) == {"u": ["i,0", "i,1", "i,2"]}
    tabs = rows.replace(";", "\t")
    assert sequences(load(raw.write(tmp_path / "b", log__csv=tabs), separator="tab")) == {"u": ["i,0", "i,1", "i,2"]}


def test_numbers_as_times_keep_their_resolution(tmp_path: Path) -> None:
    for times in ((2**53 + 3, 2**53 + 1, 2**53 + 2), ("20.5", "3", "1e1"), (20240503, 20240501, 20240502)):
        rows = "".join(f"u,{i},{t}\n" for i, t in zip("cab", times, strict=True))
        folder = raw.write(tmp_path / str(times[0]), log__csv="user_id,item_id,timestamp\n" + rows)
        assert sequences(load(folder)) == {"u": ["a", "b", "c"]}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)), min_size=1, max_size=20))
def test_iso_times_sort_as_datetimes_do(moments: list[datetime]) -> None:
    texts = [moment.isoformat(" " if k % 2 else "T") for k, moment in enumerate(moments)]
    faults: dict[int, str] = {}
    times = Times().read(Path("x"), pa.array(texts), faults)
    assert not faults and np.argsort(times, kind="stable").tolist() == sorted(
        range(len(texts)), key=lambda k: moments[k]
    )


HEAD = "user_id,item_id,timestamp\n"
THREE = "u,a,1700000001\nu,b,1700000002\nu,c,1700000003\n"


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ("u,a", "has 2 fields; the header names 3"),
        ("u,a,1,2", "has 4 fields"),
        ("", "is empty; the header names 3"),
        (",a,1700000001", "the user id is missing"),
        ("u, ,1700000001", "the item id is missing"),
        ("u,a,", "time is missing"),
        ("u,a,soon", "time 'soon' is not a number, as most are"),
        ("u,a,2024-01-01", "is not a number, as most are"),
        ("u,a,-5", "time '-5' is negative"),
        ("u,a,nan", "time 'nan' is not a number"),
        ("u,a,1e999", "time '1e999' is too large"),
        ("u,a,1700000001000", "time 1700000001000 is absurd beside the others"),
        ("u,a,0", "time 0 is absurd beside the others"),
        ("u\tv,a,1700000001", "holds a tab, a line break or another control character"),
        ('u,"a\nb",1700000001', "holds a tab, a line break"),
        (b"u,caf\xe9,1700000001", "holds bytes that are not UTF-8"),
    ],
)
def test_bad_rows(tmp_path: Path, row: str | bytes, part: str) -> None:
    raw_row = row if isinstance(row, bytes) else row.encode()
    text = HEAD.encode() + THREE.encode() + raw_row + b"\n" + THREE.encode()
    folder = raw.write(tmp_path / "shop", log__csv=text)
    with pytest.raises(UserError) as caught:
        load(folder)
    assert "log.csv, line 5: " in str(caught.value) and part in str(caught.value) and "\n" not in str(caught.value)
    data = load(folder, skip_bad_rows="true")
    assert sequences(data) == {"u": ["a", "a", "b", "b", "c", "c"]}
    assert data.info["bad_rows_skipped"].startswith("1 (log.csv, line 5: ")


@pytest.mark.parametrize(
    ("time", "part"),
    [
        ("2024-13-01", "not in ISO 8601"),
        ("01.02.2024", "not in ISO 8601"),
        ("1699999999", "not in ISO 8601"),
        ("0001-01-01", "absurd: not between the years 1970 and 2100"),
        ("2999-01-01", "absurd"),
    ],
)
def test_bad_iso_times(tmp_path: Path, time: str, part: str) -> None:
    rows = "u,a,2024-01-01\nu,b,2024-01-02T00:00:00.5+01:00\n" + f"u,c,{time}\n"
    with pytest.raises(UserError) as caught:
        load(raw.write(tmp_path / "shop", log__csv=HEAD + rows))
    assert "line 4" in str(caught.value) and part in str(caught.value)


@pytest.mark.parametrize(
    ("change", "options", "part"),
    [
        (("when", "wen"), {}, "unknown column of {}/sales.csv for the log: 'wen'; did you mean when"),
        (('"who"', '"whom"'), {}, "for the log: 'whom'; did you mean who"),
        (("kind", "kindd"), {}, "unknown column of {}/goods.csv for the items: 'kindd'; did you mean kind"),
        (('"sex", "age"', '"sexx"'), {}, "unknown column of {}/people.csv for the users: 'sexx'; did you mean sex"),
        (("goods.csv", "good.csv"), {}, "items=good.csv, and {}/good.csv does not exist"),
        (("item_key", "itemkey"), {}, "rbench.toml:', 'itemkey'; did you mean item_key"),
        (("sales.csv", "rbench.toml"), {}, "ends in none of .csv, .tsv"),
        (('log = "sales.csv"', ""), {}, None),
        (("", ""), {"where": "till"}, "where=till is not column:value"),
        (("", ""), {"where": "till:9"}, "unknown value of till in where=till:9 ({}/sales.csv): '9'; known: 1, 2"),
        (("", ""), {"separator": "ab"}, "must be one character, or tab"),
        (("", ""), {"buckets": "sex:10"}, "buckets: sex 'F' is not a number"),
        (("", ""), {"buckets": "agee:10"}, "did you mean age"),
    ],
)
def test_mistakes_in_the_mapping(
    tmp_path: Path, change: tuple[str, str], options: dict[str, str], part: str | None
) -> None:
    folder = write(tmp_path / "shop", TOML.replace(*change) if change[0] else TOML, people__csv=PEOPLE)
    if part is None:
        (folder / "more.csv").write_text("x")
        part = "which of more.csv, sales.csv in {} is the log"
    with pytest.raises(UserError) as caught:
        load(folder, **options)
    text = str(caught.value)
    for piece in part.format(folder).split("', '"):
        assert piece in text
    assert "\n" not in text


def test_side_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"people.csv, line 4: user id 'ann' occurs a second time, with other values"):
        load(write(tmp_path / "a", people__csv=PEOPLE + "ann,M,34\n"))
    assert load(write(tmp_path / "b", people__csv=PEOPLE + "ann,F,34\n")).n_users == 2
    with pytest.raises(UserError, match=r"people.csv, line 4: the user id is missing"):
        load(write(tmp_path / "c", people__csv=PEOPLE + ",M,34\n"))
    with pytest.raises(UserError, match=r"people.csv holds no rows"):
        load(write(tmp_path / "d", people__csv="who,sex,age\n"))
    with pytest.raises(UserError, match=r"people.csv is empty"):
        load(write(tmp_path / "e", people__csv=""))
    assert list(sequences(load(write(tmp_path / "f"), unknown_items="drop"))) == ["ann", "bob b"]
    assert "milk" not in load(tmp_path / "f", unknown_items="drop").item_ids
    with pytest.raises(UserError, match=r"no gzip file, or only the beginning"):
        load(raw.write(tmp_path / "g", log__csv__gz=gzip.compress(HEAD.encode() * 500)[:-9]))


def test_the_fingerprint_is_that_of_the_bytes(tmp_path: Path) -> None:
    one, two = (datasets.resolve(str(write(tmp_path / name))).open() for name in ("one", "two"))
    first = one.fingerprint()
    assert first == two.fingerprint() and str(tmp_path) not in str(first)
    (tmp_path / "two" / "goods.csv").write_text(GOODS + "gum,sweets,1\n")
    assert first != two.fingerprint()


def test_atomic_files_go_first(folder: Callable[..., Path]) -> None:
    path = folder()
    (path / "notes.csv").write_text("a,b\n1,2\n")
    assert load(path).n_users == 2


SHOP = Path(__file__).resolve().parents[3] / "shared/data/completejourney"
JOURNEY = """
log = "transactions_sample.csv.gz"
user = "household_id"
item = "product_id"
time = "transaction_timestamp"
items = "products.csv.gz"
category = "product_category"
users = "demographics.csv.gz"
attributes = ["age", "income"]
platform = "max_interactions:10"
"""


@pytest.mark.skipif(not SHOP.is_dir(), reason="no ../shared/data/completejourney")
def test_a_real_shop(tmp_path: Path) -> None:
    for path in SHOP.glob("*.csv.gz"):
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "rbench.toml").write_text(JOURNEY)
    data = load(tmp_path)
    slow: dict[str, list[tuple[str, int, str]]] = {}
    with gzip.open(SHOP / "transactions_sample.csv.gz", "rt", newline="") as file:
        for line, row in enumerate(csv.DictReader(file)):
            slow.setdefault(row["household_id"], []).append((row["transaction_timestamp"], line, row["product_id"]))
    expected = {u: [i for _, _, i in sorted(events)] for u, events in slow.items() if len(events) > 2}
    assert len(slow) == 2377 and sequences(data) == expected
    assert len(data.category_names) == 290 and data.attributes["age"].values[-1] == "65+"
