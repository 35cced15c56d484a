"""MovieLens-100K against RecBole's own reading and against a slow reading with the csv module."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from rbench import datasets
from rbench.benchmark.scenarios.pretrained.protocol.partition import split_users
from rbench.core.interactions import Interactions

SPEC = importlib.util.find_spec("recbole")
pytestmark = pytest.mark.skipif(SPEC is None, reason="RecBole, which brings the data, is not installed")


@pytest.fixture(scope="module")
def data() -> Interactions:
    return datasets.resolve("ml-100k").open().load()


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str, int]]:
    assert SPEC is not None and SPEC.origin is not None
    path = Path(SPEC.origin).parent / "dataset_example/ml-100k/ml-100k.inter"
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(lines)
        return [(user, item, int(time)) for user, item, _, time in lines]


def ordered(rows: list[tuple[str, str, int]], key: type) -> dict[str, list[str]]:
    found: dict[str, list[tuple[object, int, str]]] = {}
    for line, (user, item, time) in enumerate(rows):
        found.setdefault(user, []).append((key(time), line, item))
    return {user: [item for _, _, item in sorted(events)] for user, events in found.items()}


def test_every_sequence_is_that_of_the_slow_reading(data: Interactions, rows: list[tuple[str, str, int]]) -> None:
    slow = ordered(rows, int)
    assert len(slow) == data.n_users
    for u, user in enumerate(data.user_ids):
        assert [data.item_ids[i - 1] for i in data.of(u)] == slow[user]


def test_float32_would_give_149_users_another_last_item(data: Interactions, rows: list[tuple[str, str, int]]) -> None:
    trapped = ordered(rows, np.float32)
    ours = {user: data.item_ids[data.of(u)[-1] - 1] for u, user in enumerate(data.user_ids)}
    assert sum(trapped[user][-1] != last for user, last in ours.items()) == 149


def test_attributes_and_categories(data: Interactions) -> None:
    gender, age = data.attributes["gender"], data.attributes["age"]
    assert np.bincount(gender.codes).tolist() == [0, 273, 670] and gender.values == ("F", "M")
    assert age.values[:3] == ("0-9", "10-19", "20-29") and len(data.attributes["occupation"].values) == 21
    # Users 1 and 2 are 24 and 53 years old; film 1 is Toy Story, Animation first.
    assert [age.values[age.codes[u] - 1] for u in (0, 1)] == ["20-29", "50-59"]
    assert data.category_names[data.categories[1] - 1] == "Animation"
    assert data.user_ids[:3] == ("1", "2", "3") and data.item_ids[-1] == "1682"


def test_an_occupation_that_is_called_none_is_no_missing_one(data: Interactions) -> None:
    assert "none" in data.attributes["occupation"].values
    (told,) = data.info["warnings"].split("\n")  # of ties
    assert "the last item is decided by the file's order" in told


def test_default_partition(data: Interactions) -> None:
    config = datasets.resolve("ml-100k").configure({})
    sides = split_users(data, config.platform)
    assert sides.platform.n_users == sum(data.lengths <= sides.platform.lengths.max())
    assert 0.3 <= sides.platform.n_users / 943 < 0.32


def test_sizes_are_recboles(data: Interactions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, kind in (("float_", np.float64), ("complex_", np.complex128), ("unicode_", np.str_)):
        monkeypatch.setattr(np, name, kind, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["test"])  # RecBole's configuration reads the command line
    from recbole.config import Config
    from recbole.data.dataset import Dataset
    from recbole.model.sequential_recommender.sasrec import SASRec

    config = Config(model=SASRec, dataset="ml-100k", config_dict={"train_neg_sample_args": None})
    theirs = Dataset(config)
    assert (theirs.user_num - 1, theirs.item_num - 1, theirs.inter_num) == (943, 1682, 100_000)
    assert (data.n_users, data.n_items, len(data.items)) == (943, 1682, 100_000)
    per_user = dict(zip(*np.unique(theirs.inter_feat["user_id"].to_numpy(), return_counts=True), strict=True))
    by_raw = {theirs.id2token("user_id", u): n for u, n in per_user.items()}
    assert by_raw == dict(zip(data.user_ids, data.lengths, strict=True))
