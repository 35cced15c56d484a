"""Every malformed input gives one sentence that says what is wrong and where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rbench import datasets
from rbench.core.errors import UserError

Folder = Callable[..., Path]
HEAD = "user_id:token\titem_id:token\ttimestamp:float\n"
FINE = "1\ta\t1\n1\tb\t2\n1\tc\t3\n"


def message(path: Path, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        spec = datasets.resolve(str(path))
        spec.open(spec.configure(options)).load()
    text = str(caught.value)
    assert "\n" not in text and len(text) < 500
    return text


@pytest.mark.parametrize(
    ("inter", "parts"),
    [
        ("", ["toys.inter is empty"]),
        ("\n\n", ["toys.inter is empty"]),
        (HEAD, ["toys.inter", "no rows"]),
        ("user_id\titem_id\ttimestamp\n" + FINE, ["line 1", "'user_id' is not one name and its type", "token_seq"]),
        ("user_id:token item_id:token timestamp:float\n1 a 1\n", ["line 1", "tab-separated name:type"]),
        (HEAD.replace("float", "flaot") + FINE, ["line 1", "timestamp", "flaot", "did you mean float"]),
        (HEAD.replace("item_id", "user_id") + FINE, ["line 1", "user_id occurs twice"]),
        (HEAD.replace("user_id", "user_di") + FINE, ["user id", "'user_id'", "did you mean user_di"]),
        (HEAD.replace("item_id", "thing") + FINE, ["item id", "'item_id'"]),
        (HEAD.replace("timestamp", "rating") + FINE, ["time", "'timestamp'", "time=COLUMN"]),
        (HEAD.replace("user_id:token", "user_id:float") + FINE, ["user_id", "type float", "allowed: token"]),
        (HEAD + FINE + "2\ta\n", ["line 5: has 2 fields", "3 (user_id, item_id, timestamp)"]),
        (HEAD + "2\ta\t1\t9\n" + FINE, ["line 2: has 4 fields"]),
        (HEAD + FINE + "\n" + FINE, ["line 5: is empty"]),
        (HEAD + "just text\n", ["line 2: has 1 field;"]),
        (HEAD + FINE + "2\ta\tsoon\n", ["line 5", "timestamp 'soon' is not a number"]),
        (HEAD + FINE + "2\ta\tnan\n", ["line 5", "'nan' is not a number"]),
        (HEAD + FINE + "2\ta\t1_000\n", ["line 5", "'1_000' is not a number"]),
        (HEAD + FINE + "2\ta\t0x10\n", ["line 5", "'0x10' is not a number"]),
        (HEAD + FINE + "2\ta\t1e999\n", ["line 5", "'1e999' is too large"]),
        (HEAD + FINE + "2\ta\t-5\n", ["line 5", "'-5' is negative"]),
        (HEAD + FINE + "2\ta\t\n", ["line 5", "timestamp is missing"]),
        (HEAD + FINE + "\ta\t4\n", ["line 5", "user id", "missing"]),
        (HEAD + FINE + "2\t\t4\n", ["line 5", "item id", "missing"]),
        (HEAD.encode() + FINE.encode() + b"2\tcaf\xe9\t4\n", ["line 5", "0xe9", "UTF-8"]),
        (HEAD.encode() + FINE.encode() + b"2\tca\0f\t4\n", ["line 5", "zero byte"]),
        (HEAD + "1\ta\t1\n1\tb\t2\n2\ta\t1\n", ["no user is left", "min_user_interactions=3", "of 2 users", "has 2"]),
    ],
)
def test_inter(folder: Folder, inter: str | bytes, parts: list[str]) -> None:
    text = message(folder(inter=inter, user=None, item=None))
    for part in parts:
        assert part in text


@pytest.mark.parametrize(
    ("files", "options", "parts"),
    [
        ({"user": "user_id:token\tage:token\n1\t5\n2\t6\n1\t7\n"}, {}, ["toys.user, line 4", "user id '1'", "second"]),
        ({"item": "item_id:token\tg:token\na\t5\na\t6\n"}, {}, ["toys.item, line 3", "item id 'a'", "second"]),
        ({"user": "user_id:token\n"}, {}, ["toys.user", "no rows"]),
        ({"user": "id:token\n1\n"}, {}, ["toys.user", "user id", "'user_id'"]),
        ({}, {"attributes": "gendr"}, ["toys.user", "'gendr'", "did you mean gender"]),
        ({}, {"attributes": "score"}, ["score", "type float", "allowed: token"]),
        ({}, {"category": "genres"}, ["toys.item", "'genres'", "did you mean genre"]),
        ({}, {"buckets": "gender:10"}, ["toys.user, line 2", "gender 'F' is not a number"]),
        ({}, {"buckets": "age"}, ["buckets=age", "age:10"]),
        ({}, {"buckets": "age:0"}, ["buckets=age:0"]),
        ({}, {"buckets": "age:x+score:2"}, ["'age:x'"]),
        ({}, {"buckets": "agee:10"}, ["'agee'", "did you mean age"]),
        ({}, {"buckets": "age:10", "attributes": "gender"}, ["buckets=age:10", "attributes=gender"]),
        ({"user": None}, {"attributes": "gender"}, ["'gender'", "no .user file"]),
        ({"item": None}, {"category": "genre"}, ["'genre'", "no .item file"]),
        ({"toml": "user = who"}, {}, ["rbench.toml", "not valid TOML", "line 1"]),
        ({"toml": 'users = "who"'}, {}, ["rbench.toml", "'users'", "did you mean user"]),
        ({"toml": "category = 3"}, {}, ["rbench.toml", "category = 3", "text"]),
        ({"toml": 'min_user_interactions = "few"'}, {}, ["rbench.toml", "few", "whole number"]),
        ({}, {"min_user_interactions": "2"}, ["toys", "min_user_interactions=2", "at least 3"]),
        ({}, {"min_item_interactions": "0"}, ["min_item_interactions=0", "at least 1"]),
        ({}, {"min_item_interactions": "9"}, ["no user is left", "min_item_interactions=9"]),
    ],
)
def test_other_files_and_options(
    folder: Folder, files: dict[str, str | None], options: dict[str, str], parts: list[str]
) -> None:
    text = message(folder(**files), **options)
    for part in parts:
        assert part in text


def test_folders(folder: Folder, tmp_path: Path) -> None:
    assert "does not exist" in message(tmp_path / "nowhere")
    assert "no .inter file, and no table (.csv, .tsv" in message(folder(inter=None))
    path = folder("two")
    (path / "more.inter").write_text("x")
    assert "2 .inter files (more.inter, two.inter)" in message(path)
    assert "two.item is no log: its name ends in none of .inter, .csv" in message(path / "two.item")
    (tmp_path / "empty").mkdir()
    assert "holds nothing" in message(tmp_path / "empty")
