"""CIKM Cup 2019: both tracks by hand, every option, and against the csv module."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rbench_raw_files as raw

from rbench import datasets
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.datasets.sequences.gather import chosen


def load(folder: Path, **options: Any) -> Interactions:
    spec = datasets.resolve("cikm")
    return spec.open(spec.configure({"path": str(folder), **options})).load()


def sequences(data: Interactions) -> dict[str, list[str]]:
    return {user: [data.item_ids[i - 1] for i in data.of(u)] for u, user in enumerate(data.user_ids)}


def named(data: Interactions, attribute: str) -> dict[str, str]:
    found = data.attributes[attribute]
    return {u: ("", *found.values)[c] for u, c in zip(data.user_ids, found.codes, strict=True)}


def test_by_hand(tmp_path: Path) -> None:
    data = load(raw.write(tmp_path, **raw.CIKM))
    assert sequences(data) == {"1": ["7", "8", "8", "9"], "2": ["8", "77", "9"], "4": ["7", "8", "9"]}
    assert named(data, "gender") == {"1": "M", "2": "", "4": ""}  # no row; a number without a name
    assert named(data, "age") == {"1": "20-29", "2": "", "4": "60-69"}
    assert named(data, "power") == {"1": "3", "2": "", "4": "2"}
    assert data.category_names == ("100", "200") and data.categories.tolist() == [0, 1, 2, 1, 0]
    assert data.item_ids == ("7", "8", "9", "77")
    assert data.info["users_without_a_row"] == "1 of the log's 4 (kept)"
    assert data.info["items_without_a_row"] == "1 of the log's 4 (kept)"
    assert data.info["events"] == "11 of 13 rows: click" and data.info["users_dropped"] == "1"
    assert data.items.dtype == np.int32 and data.offsets.dtype == np.int64


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"actions": "click+buy+cart"}, {"1": "7 7 8 8 9", "2": "8 77 9", "4": "7 7 8 9"}),
        ({"duplicates": "exact"}, {"1": "7 8 9", "2": "8 77 9", "4": "7 8 9"}),
        ({"duplicates": "consecutive"}, {"1": "7 8 9", "2": "8 77 9", "4": "7 8 9"}),
        ({"unknown_users": "drop"}, {"1": "7 8 8 9", "4": "7 8 9"}),
        ({"unknown_items": "drop"}, {"1": "7 8 8 9", "4": "7 8 9"}),
        ({"min_item_interactions": "2"}, {"1": "7 8 8 9", "4": "7 8 9"}),
        ({"min_user_interactions": "4"}, {"1": "7 8 8 9"}),
    ],
)
def test_options(tmp_path: Path, options: dict[str, str], expected: dict[str, str]) -> None:
    data = load(raw.write(tmp_path, **raw.CIKM), **options)
    assert sequences(data) == {user: items.split() for user, items in expected.items()}


def test_more_options(tmp_path: Path) -> None:
    folder = raw.write(tmp_path, **raw.CIKM)
    assert load(folder, category="shop").category_names == ("5", "6")
    assert load(folder, category="none").category_names == ()
    assert set(load(folder, attributes="gender").attributes) == {"gender"}
    assert load(folder, attributes="none").attributes == {}
    assert set(named(load(folder, genders="0:F+1:M+2:X"), "gender").values()) == {"F", "", "X"}
    assert "24" in named(load(folder, buckets=""), "age").values()


def test_the_other_track(tmp_path: Path) -> None:
    raw.write(tmp_path)
    for name, text in raw.DIVERSITY.items():
        (tmp_path / name).write_text(text)
    data = load(tmp_path)
    assert sequences(data) == {"1": ["7", "8", "9"], "4": ["7", "8", "9"]}
    assert named(data, "gender") == {"1": "M", "4": "F"}
    assert named(data, "age") == {"1": "10-19", "4": "60-69"}
    assert set(data.attributes) == {"gender", "age", "education", "career"}
    assert load(tmp_path, category="top_category").category_names == ("1", "2")
    assert load(tmp_path, actions="click+favourite").lengths.tolist() == [3, 4]


def test_gzipped_files_read_the_same(tmp_path: Path) -> None:
    folder = raw.write(tmp_path / "plain", **raw.CIKM)
    packed = raw.write(tmp_path / "packed")
    for path in folder.iterdir():
        (packed / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert sequences(load(folder)) == sequences(load(packed))


def test_against_the_csv_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    rows = [
        f"{u},{i},{('pv', 'pv', 'buy')[a]},{t}"
        for u, i, a, t in zip(*(rng.integers(0, n, 3000) for n in (60, 90, 3, 500)), strict=True)
    ]
    folder = raw.write(tmp_path, **{**raw.CIKM, "user_behavior__csv": "\n".join(rows)})
    monkeypatch.setattr("rbench.datasets.reading.numbered.read_blocks.__defaults__", (333,))
    slow: dict[str, list[tuple[int, int, str]]] = {}
    with (folder / "user_behavior.csv").open(newline="") as file:
        for line, (user, item, action, time) in enumerate(csv.reader(file)):
            if action == "pv":
                slow.setdefault(user, []).append((int(time), line, item))
    assert sequences(load(folder)) == {u: [i for _, _, i in sorted(events)] for u, events in slow.items()}


def test_a_share_of_the_users(tmp_path: Path) -> None:
    ids = np.arange(100_000)
    assert abs(chosen(ids, 0.1).mean() - 0.1) < 0.005
    assert not (chosen(ids, 0.1) & ~chosen(ids, 0.3)).any() and chosen(ids, 1.0).all()
    rows = "".join(f"{u},{i},pv,{i}\n" for u in range(200) for i in (7, 8, 9))
    data = load(raw.write(tmp_path, **{**raw.CIKM, "user_behavior__csv": rows}), user_share=0.5)
    assert data.user_ids == tuple(str(u) for u in range(200) if chosen(np.array([u]), 0.5)[0])


@pytest.mark.parametrize(
    ("files", "options", "part"),
    [
        (
            {"user_behavior__csv": "1,7,pv\n"},
            {},
            "user_behavior.csv, line 1: has 3 fields, not 4 (user, item, action, time)",
        ),
        ({"user_behavior__csv": "1,7,pv,5\n1,7,pv,4102444800\n"}, {}, "line 2: time 4102444800 is no time in seconds"),
        ({"user_behavior__csv": "1,7,pv,-5\n"}, {}, "line 1: time '-5' is negative"),
        ({"user_behavior__csv": "1 2,7,pv,5\n"}, {}, "user '1 2' is not a whole number"),
        ({"user_behavior__csv": "1,7,buy,5\n"}, {}, "holds 1 rows, and none of them is wanted"),
        ({"user__csv": "1,0,24,3\n1,1,24,3\n"}, {}, "user.csv, line 2: user id '1' occurs a second time, with other"),
        ({"item__csv": "7,1,1,1\n7,1,1,2\n"}, {}, "item.csv, line 2: item id '7' occurs a second time"),
        ({"user__csv": "1,0,old,3\n"}, {}, "age 'old' is not a number"),
        ({}, {"actions": "clik"}, "unknown action of cikm: 'clik'; did you mean click"),
        ({}, {"category": "cate"}, "unknown category of cikm: 'cate'; did you mean category"),
        ({}, {"attributes": "gendr"}, "did you mean gender"),
        ({}, {"genders": "0=M"}, "cikm.genders=0=M: '0=M' is not code:name"),
        ({}, {"user_share": "0"}, "user_share=0.0 must be above 0"),
        ({}, {"duplicates": "some"}, "duplicates=some is not allowed; choose all, exact"),
        ({}, {"min_item_interactions": "99"}, "no user is left"),
    ],
)
def test_mistakes(tmp_path: Path, files: dict[str, str], options: dict[str, str], part: str) -> None:
    folder = raw.write(tmp_path, **{**raw.CIKM, **files})
    with pytest.raises(UserError) as caught:
        load(folder, **options)
    assert part in str(caught.value) and "\n" not in str(caught.value)


def test_bad_rows_can_be_skipped_and_are_told(tmp_path: Path) -> None:
    log = raw.CIKM["user_behavior__csv"] + "1,7\n1,7,pv,4102444800\nx,7,pv,1\n1,8,pv,-3\n"
    folder = raw.write(
        tmp_path, **{**raw.CIKM, "user_behavior__csv": log, "user__csv": raw.CIKM["user__csv"] + "1,1,9,9\n"}
    )
    data = load(folder, skip_bad_rows="true")
    assert sequences(data) == sequences(load(raw.write(tmp_path / "fine", **raw.CIKM)))
    assert data.info["bad_rows_skipped"].startswith("5 (user.csv, line 4: user id '1' occurs a second time")
    assert "and 2 more" in data.info["bad_rows_skipped"]
    assert named(data, "gender")["1"] == "M"  # the first row of a user counts


def test_the_same_user_twice_is_harmless_if_the_rows_agree(tmp_path: Path) -> None:
    folder = raw.write(tmp_path, **{**raw.CIKM, "user__csv": raw.CIKM["user__csv"] + "1,0,24,3\n"})
    assert load(folder).n_users == 3


def test_a_folder_without_the_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"does not hold user.csv, item.csv and user_behavior.csv.*it holds nothing"):
        load(tmp_path)
    with pytest.raises(UserError, match=r"data set cikm needs user.csv"):
        datasets.resolve("cikm").open().load()
