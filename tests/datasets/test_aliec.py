"""AliEC from Tianchi's raw files and from RecBole's atomic ones, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import rbench_raw_files as raw

from rbench import datasets
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.datasets.aliec import ATTRIBUTES

NAMES = list(ATTRIBUTES)


def load(folder: Path, **options: Any) -> Interactions:
    spec = datasets.resolve("aliec")
    return spec.open(spec.configure({"path": str(folder), **options})).load()


def sequences(data: Interactions) -> dict[str, list[str]]:
    return {user: [data.item_ids[i - 1] for i in data.of(u)] for u, user in enumerate(data.user_ids)}


def test_clicked_ads(tmp_path: Path) -> None:
    data = load(raw.write(tmp_path, **raw.ALIEC))
    assert sequences(data) == {"1": ["8", "9", "7"], "2": ["7", "8", "7"]}
    assert list(data.attributes) == NAMES
    assert data.attributes["age_level"].values == ("3", "4") and data.attributes["age_level"].codes.tolist() == [1, 2]
    assert data.attributes["pvalue_level"].codes.tolist() == [0, 1]  # empty is unknown
    assert data.category_names == ("1", "2") and data.categories.tolist() == [0, 1, 2, 1]
    assert data.info["events"] == "6 of 7 rows: clicked ads"
    assert datasets.resolve("aliec").configure({}).audience == "age_level:3"
    assert load(tmp_path, category="customer").category_names == ("50", "51")
    assert set(load(tmp_path, attributes="gender+age_level").attributes) == {"gender", "age_level"}


def test_behaviour(tmp_path: Path) -> None:
    data = load(raw.write(tmp_path, **raw.ALIEC), events="behaviour", min_user_interactions=3)
    goods = {"100000010": "1/10", "200000010": "2/10", "100000011": "1/11"}
    assert {u: [goods[i] for i in items] for u, items in sequences(data).items()} == {
        "1": ["2/10", "1/11", "1/10"],
        "2": ["2/10", "1/10", "1/10"],
    }
    assert [data.category_names[c - 1] for c in data.categories[1:]] == ["1", "1", "2"]
    (tmp_path / "behavior_log.csv").unlink()
    with pytest.raises(UserError, match=r"needs behavior_log.csv beside raw_sample.csv"):
        load(tmp_path, events="behaviour")


@pytest.mark.parametrize("own", [True, False])
def test_atomic_files(tmp_path: Path, own: bool) -> None:
    user, item, time = ("user_id", "item_id", "timestamp") if own else ("user", "adgroup_id", "time_stamp")
    rows = [line.split(",") for line in raw.ALIEC["raw_sample__csv"].splitlines()[1:]]
    inter = f"{user}:token\t{time}:float\t{item}:token\tclk:float\n" + "".join(
        f"{r[0]}\t{r[1]}\t{r[2]}\t{r[5]}\n" for r in rows
    )
    profile = [line.split(",") for line in raw.ALIEC["user_profile__csv"].splitlines()[1:]]
    gender = "gender" if own else "final_gender_code"
    head = "\t".join(f"{n if n != 'gender' else gender}:token" for n in [user, *NAMES])
    users = head + "\n" + "".join("\t".join(r) + "\n" for r in profile)
    ads = [line.split(",") for line in raw.ALIEC["ad_feature__csv"].splitlines()[1:]]
    items = f"{item}:token\tcate_id:token\n" + "".join(f"{r[0]}\t{r[1]}\n" for r in ads)
    data = load(raw.write(tmp_path / "atomic", aliec__inter=inter, aliec__user=users, aliec__item=items))
    same = load(raw.write(tmp_path / "raw", **raw.ALIEC))
    assert sequences(data) == sequences(same) and data.categories.tolist() == same.categories.tolist()
    for name in NAMES:
        assert data.attributes[name].codes.tolist() == same.attributes[name].codes.tolist()


@pytest.mark.parametrize(
    ("files", "options", "part"),
    [
        ({"raw_sample__csv": "user,time_stamp\n1,2\n"}, {}, "raw_sample.csv, line 1 has 2 fields, not 6"),
        ({"raw_sample__csv": raw.ALIEC["raw_sample__csv"] + "1,2,3\n"}, {}, "line 9: has 3 fields"),
        ({"user_profile__csv": raw.HEAD}, {}, "user_profile.csv holds no rows"),
        ({}, {"attributes": "age"}, "unknown attribute of aliec: 'age'"),
        ({}, {"buckets": "age_level:2"}, "its attributes are levels"),
        ({}, {"category": "price"}, "category=price is not allowed"),
    ],
)
def test_mistakes(tmp_path: Path, files: dict[str, str], options: dict[str, str], part: str) -> None:
    folder = raw.write(tmp_path, **{**raw.ALIEC, **files})
    with pytest.raises(UserError) as caught:
        load(folder, **options)
    assert part in str(caught.value)
