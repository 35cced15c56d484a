"""Reading a folder of atomic files, against answers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbench import datasets
from rbench.core.artifacts import decode, encode
from rbench.core.interactions import Interactions

Folder = Callable[..., Path]


def load(path: Path, **options: Any) -> Interactions:
    spec = datasets.resolve(str(path))
    return spec.open(spec.configure(options)).load()


def sequences(data: Interactions) -> dict[str, list[str]]:
    return {user: [data.item_ids[i - 1] for i in data.of(u)] for u, user in enumerate(data.user_ids)}


def test_known_answer(folder: Folder) -> None:
    data = load(folder())
    # User 9 has two items and is dropped; user 2's tie at 7 stays in the file's order; 2 comes before 10.
    assert sequences(data) == {"2": ["b", "a", "c"], "10": ["a", "c", "b"]}
    assert data.user_ids == ("2", "10")
    assert data.item_ids == ("a", "b", "c")
    assert data.items.dtype == np.int32 and data.offsets.dtype == np.int64 and data.categories.dtype == np.int32
    assert data.info["users_dropped"] == "1" and data.info["items_dropped"] == "0"
    assert data.name == "toys"


def test_attributes_by_hand(folder: Folder) -> None:
    data = load(folder(), attributes="gender+age", buckets="age:10")
    assert data.attributes["gender"].values == ("F", "M")  # X is nobody's here
    assert data.attributes["gender"].codes.tolist() == [1, 2]
    assert data.attributes["age"].values == ("20-29",)
    assert data.attributes["age"].codes.tolist() == [1, 0]  # user 10 gives no age


def test_default_attributes_are_token_columns(folder: Folder) -> None:
    assert set(load(folder()).attributes) == {"gender", "age"}


def test_values_are_in_the_order_of_their_numbers(folder: Folder) -> None:
    inter = "user_id:token\titem_id:token\ttimestamp:float\n" + "".join(
        f"u{u}\t{i}\t{i}\n" for u in range(4) for i in range(3)
    )
    user = "user_id:token\tage:float\nu0\t105\nu1\t99.5\nu2\t20\nu3\t-3\n"
    age = load(folder(inter=inter, user=user, item=None), buckets="age:10").attributes["age"]
    assert [value for value in age.values if value != "-10--1"] == ["20-29", "90-99", "100-109"]
    assert [age.values[c - 1] for c in age.codes] == ["100-109", "90-99", "20-29", "-10--1"]
    ten = "user_id:token\titem_id:token\ttimestamp:float\n" + "".join(f"1\ti{i}\t0\n" for i in (10, 9, 2, 100))
    assert load(folder("ten", inter=ten, user=None, item=None)).item_ids == ("i2", "i9", "i10", "i100")


def test_a_float_column_becomes_an_attribute_by_ranges(folder: Folder) -> None:
    data = load(folder(), buckets="score:1")
    assert data.attributes["score"].values == ("0", "1")


def test_columns_that_identify_users_are_left_out(folder: Folder) -> None:
    people = range(20)
    inter = "user_id:token\titem_id:token\ttimestamp:float\n" + "".join(
        f"u{u}\ti{i}\t{i}\n" for u in people for i in range(3)
    )
    user = "user_id:token\tzip:token\tteam:token\n" + "".join(f"u{u}\t{1000 + u}\t{u % 4}\n" for u in people)
    path = folder(inter=inter, user=user, item=None)
    assert set(load(path).attributes) == {"team"}
    assert len(load(path, attributes="zip").attributes["zip"].values) == 20
    assert load(path, attributes="none").attributes == {}


def test_category_is_the_first_entry_of_the_column_with_a_usual_name(folder: Folder) -> None:
    # genre has 2 values for 3 items, more than half of them, so only naming it gives categories.
    path = folder()
    assert load(path).category_names == ()
    data = load(path, category="genre")
    assert data.category_names == ("Comedy", "Drama")
    assert data.categories.tolist() == [0, 2, 1, 2]


def test_default_category_prefers_usual_names(folder: Folder) -> None:
    inter = "user_id:token\titem_id:token\ttimestamp:float\n" + "".join(f"u\ti{i}\t{i}\n" for i in range(6))
    item = "item_id:token\tbrand:token\tgenre:token_seq\tcode:token\n" + "".join(
        f"i{i}\tm{i % 2}\tg{i % 3} other\t{i}\n" for i in range(6)
    )
    path = folder(inter=inter, item=item, user=None)
    assert load(path).category_names == ("g0", "g1", "g2")
    assert load(path, category="brand").category_names == ("m0", "m1")
    assert load(path, category="none").category_names == ()
    unnamed = folder("unnamed", inter=inter, item=item.replace("genre", "sort"), user=None)
    assert load(unnamed).info["category"] == "brand"


def test_only_inter(folder: Folder) -> None:
    data = load(folder(user=None, item=None))
    assert data.attributes == {} and data.category_names == () and data.categories.tolist() == [0, 0, 0, 0]


def test_position_goes_before_timestamp_unless_time_is_named(folder: Folder) -> None:
    inter = "user_id:token\titem_id:token\ttimestamp:float\tposition:float\n1\ta\t1\t2\n1\tb\t2\t1\n1\tc\t3\t0\n"
    path = folder(inter=inter, user=None, item=None)
    assert sequences(load(path)) == {"1": ["c", "b", "a"]}
    assert sequences(load(path, time="timestamp")) == {"1": ["a", "b", "c"]}


@pytest.mark.parametrize(
    "times",
    [
        (881250951, 881250949, 881250950),  # one number to float32
        (2**53 + 3, 2**53 + 1, 2**53 + 2),  # not three numbers to float64
        ("1e3", "0.1", "999.5"),
    ],
)
def test_times_keep_their_resolution(folder: Folder, times: tuple[object, ...]) -> None:
    rows = "".join(f"1\t{item}\t{time}\n" for item, time in zip("cab", times, strict=True))
    data = load(folder(inter=f"user_id:token\titem_id:token\ttimestamp:float\n{rows}", user=None, item=None))
    assert sequences(data) == {"1": ["a", "b", "c"]}


def test_filters_repeat_until_nothing_changes(folder: Folder) -> None:
    # Item r occurs once, so user 3 falls below three; without user 3, s occurs once, so user 2 falls too.
    log = {"1": "abc", "4": "abc", "2": "abs", "3": "asr"}
    rows = "".join(f"{u}\t{i}\t{t}\n" for u, items in log.items() for t, i in enumerate(items))
    path = folder(inter=f"user_id:token\titem_id:token\ttimestamp:float\n{rows}", user=None, item=None)
    data = load(path, min_item_interactions=2)
    assert sequences(data) == {"1": ["a", "b", "c"], "4": ["a", "b", "c"]}
    assert (data.info["users_dropped"], data.info["items_dropped"]) == ("2", "2")
    assert set(sequences(load(path))) == {"1", "2", "3", "4"}


def test_windows_line_ends_and_byte_order_mark(folder: Folder) -> None:
    plain = folder()
    text = (plain / "toys.inter").read_text()
    odd = folder("odd", inter=b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    assert sequences(load(odd)) == sequences(load(plain))


def test_round_trip(folder: Folder) -> None:
    data = load(folder(), category="genre", attributes="gender")
    again = decode(encode(data))
    assert sequences(again) == sequences(data) and again.info == data.info
    assert again.attributes["gender"].codes.tolist() == data.attributes["gender"].codes.tolist()
    assert again.categories.tolist() == data.categories.tolist()


def test_settings_beside_the_files(folder: Folder) -> None:
    toml = """
user = "who"
item = "what"
time = "when"
category = "kind"
attributes = ["team"]
audience = "team:red"
platform = "max_interactions:5"
licence = "CC0-1.0"
source = "a shop"
[buckets]
team = 10
"""
    path = folder(
        inter="who:token\twhat:token\twhen:float\n1\ta\t3\n1\tb\t2\n1\tc\t1\n",
        user="who:token\tteam:token\n1\t15\n",
        item="what:token\tkind:token\na\tx\nb\ty\nc\tx\n",
        toml=toml,
    )
    spec = datasets.resolve(str(path))
    assert spec.defaults["audience"] == "team:red" and spec.defaults["platform"] == "max_interactions:5"
    data = spec.open().load()
    assert sequences(data) == {"1": ["c", "b", "a"]}
    assert data.attributes["team"].values == ("10-19",)
    assert data.category_names == ("x", "y")
    assert data.info["licence"] == "CC0-1.0" and data.info["source"] == "a shop"
    assert spec.configure({"audience": "team:blue"}).audience == "team:blue"  # type: ignore[attr-defined]
