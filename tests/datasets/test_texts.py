"""Titles and what users liked are read where they are asked for, and nothing else changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rbench_raw_files as raw
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench import datasets
from rbench.core.artifacts import decode, encode
from rbench.core.config import identity
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.datasets.checkerboard import _title
from rbench.datasets.sequences.log import Log, to_sequences


def load(source: str, **options: Any) -> Interactions:
    spec = datasets.resolve(source)
    return spec.open(spec.configure(options)).load()


def likes(data: Interactions) -> dict[tuple[str, str], bool]:
    assert data.liked is not None
    pairs = zip(data.users.tolist(), data.items.tolist(), data.liked.tolist(), strict=True)
    return {(data.user_ids[user], data.titles[item - 1]): liked for user, item, liked in pairs}


def test_films_of_movielens_1m_by_hand(tmp_path: Path) -> None:
    first = {"Café": True, "Second": False, "Third": True}
    wanted = {("1", name): like for name, like in first.items()}
    wanted |= {("2", "Café"): False, ("2", "Second"): True, ("2", "Third"): True}
    atomic = load("ml-1m", path=str(raw.atomic(tmp_path / "atomic")), texts=True)
    assert likes(atomic) == wanted
    dat = load("ml-1m", path=str(raw.dat(tmp_path / "dat")), texts=True)
    assert dat.titles == ("Café (1990)", "Second, The: a film (1991)", "Third (1992)")
    assert np.array_equal(dat.liked, atomic.liked)  # type: ignore[arg-type]


def test_a_copy_of_movielens_1m_without_ratings_has_titles_only(tmp_path: Path) -> None:
    folder = raw.atomic(tmp_path / "atomic")
    lines = [line.split("\t") for line in (folder / "ml-1m.inter").read_text().splitlines()]
    (folder / "ml-1m.inter").write_text("".join("\t".join(line[:2] + line[3:]) + "\n" for line in lines))
    data = load("ml-1m", path=str(folder), texts=True)
    assert data.titles == ("Café", "Second", "Third") and data.liked is None


def shop(folder: Path, ratings: str = "5,3,4.5") -> Path:
    folder.mkdir()
    stars = ratings.split(",")
    rows = [f"ann,{item},{time},{star}" for item, time, star in zip("cab", (3, 1, 2), stars, strict=True)]
    (folder / "log.csv").write_text("\n".join(["user_id,item_id,timestamp,stars", *rows]) + "\n")
    (folder / "things.csv").write_text('item_id,name\na,"Anchor, old"\nb, Bridge \nc,Canyon\n')
    (folder / "rbench.toml").write_text('log = "log.csv"\nitems = "things.csv"\ntitle = "name"\nrating = "stars"\n')
    return folder


def test_a_log_of_ones_own_by_hand(tmp_path: Path) -> None:
    data = load(str(shop(tmp_path / "shop")), texts=True)
    assert data.titles == ("Anchor, old", "Bridge", "Canyon")
    assert [data.titles[item - 1] for item in data.of(0)] == ["Anchor, old", "Bridge", "Canyon"]
    assert data.liked is not None and data.liked.tolist() == [False, True, True]
    stricter = load(str(tmp_path / "shop"), texts=True, like_from=5)
    assert stricter.liked is not None and stricter.liked.tolist() == [False, False, True]
    plain = load(str(tmp_path / "shop"))
    assert plain.titles == () and plain.liked is None


def test_a_rating_that_is_no_number_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"log\.csv, line 3: stars 'good' is not a number"):
        load(str(shop(tmp_path / "shop", "5,good,4")), texts=True)


def test_a_title_column_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="label"):
        load(str(shop(tmp_path / "shop")), texts=True, title="label")


@pytest.mark.parametrize("name", ["ml-100k", "checkerboard"])
def test_nothing_else_changes(name: str) -> None:
    spec = datasets.resolve(name)
    assert "texts" not in identity(spec.configure({}))
    plain, told = load(name), load(name, texts=True)
    assert encode(plain)["interactions.safetensors"] == encode(load(name, texts=False))["interactions.safetensors"]
    assert np.array_equal(plain.items, told.items) and plain.item_ids == told.item_ids
    assert plain.titles == () and len(told.titles) == told.n_items
    assert b"titles" not in encode(plain)["interactions.json"]


def test_films_of_movielens_100k() -> None:
    data = load("ml-100k", texts=True)
    assert data.titles[0] == "Toy Story" and len(data.titles) == 1682
    assert data.liked is not None and round(float(data.liked.mean()), 5) == 0.55375  # 55,375 ratings of 4 or 5


def test_likes_stay_with_their_interactions() -> None:
    data = load("checkerboard", texts=True)
    assert data.liked is not None
    again = decode(encode(data))
    assert again.titles == data.titles and np.array_equal(again.liked, data.liked)
    some = data.take(np.array([3, 1]))
    assert some.liked is not None
    assert likes(some) == {pair: like for pair, like in likes(data).items() if pair[0] in ("4", "2")}
    short = data.drop_last(2)
    assert short.liked is not None and len(short.liked) == len(short.items)
    assert likes(short).items() <= likes(data).items()
    assert likes(data.take(np.array([0])).concat(data.take(np.array([1])))).items() <= likes(data).items()
    assert data.concat(data.fake_users([np.array([1, 2])])).liked is None  # nobody knows what those like


def test_made_up_titles_do_not_contain_each_other() -> None:
    titles = [_title(f"{colour}-{i}") for colour in ("black", "colour17") for i in range(200)]
    assert not any(one in two for one in titles for two in titles if one is not two)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 5), st.booleans()), min_size=1))
def test_likes_are_sorted_like_their_events(events: list[tuple[int, int, int, bool]]) -> None:
    users, items, order, liked = (np.array(column) for column in zip(*events, strict=True))
    ids = [str(n) for n in range(5)]
    found = to_sequences("x", Log(users, items, order, ids, ids, liked), 1, 1)
    # The slow way: sort rows by user and time, and read off item and like together.
    rows = sorted(range(len(events)), key=lambda row: (users[row], order[row], row))
    names = [found.item_ids[item - 1] for item in found.items]
    assert found.liked is not None
    assert list(zip(names, found.liked.tolist(), strict=True)) == [(str(items[r]), bool(liked[r])) for r in rows]
