"""Our rows, labels and split are those of RecBole's SequentialDataset and TrainDataLoader, to the integer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rbench.core.interactions import Interactions
from rbench.models.sequential.ranking import _last_items
from rbench.models.sequential.recbole import door
from rbench.models.sequential.training.fit import validation_split
from rbench.models.sequential.training.prefixes import Prefixes
from rbench.models.sequential.training.windows import Windows

pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")  # pandas'
Build = Callable[..., Interactions]
Row = tuple[int, tuple[int, ...], int]


def recboles(data: Interactions, length: int) -> list[Any]:
    """Return RecBole's training, validation and test set over our users and items, in our order."""
    config = door.settings(door.model_class("GRU4Rec"), {"load_col": None}, length)
    with door.undisturbed():
        import pandas as pd
        from recbole.data.dataset import SequentialDataset
        from recbole.utils import FeatureSource, FeatureType

        class FromMemory(SequentialDataset):  # type: ignore[misc]  # RecBole has no types
            def _load_data(self, token: str, dataset_path: str) -> None:
                place = np.arange(len(data.items)) - data.offsets[data.users]
                self.user_feat = self.item_feat = None
                self.inter_feat = pd.DataFrame(
                    {"user_id": data.users + 1, "item_id": data.items.astype(int), "timestamp": place.astype(float)}
                )
                token_, float_ = FeatureType.TOKEN, FeatureType.FLOAT
                self.set_field_property("user_id", token_, FeatureSource.USER_ID, 1)
                self.set_field_property("item_id", token_, FeatureSource.ITEM_ID, 1)
                self.set_field_property("timestamp", float_, FeatureSource.INTERACTION, 1)

            def _remap_ID_all(self) -> None:
                for field, names in (("user_id", data.user_ids), ("item_id", data.item_ids)):
                    self.field2id_token[field] = np.array(["[PAD]", *names])
                    self.field2token_id[field] = {name: i for i, name in enumerate(self.field2id_token[field])}

        parts: list[Any] = FromMemory(config).build()
    return [config, *parts]


def rows(interactions: Any) -> list[Row]:
    columns = [interactions[name].tolist() for name in ("user_id", "item_id_list", "item_length", "item_id")]
    found = []
    for user, items, length, label in zip(*columns, strict=True):
        assert not any(items[length:])
        found.append((user - 1, tuple(items[:length]), label))
    return found


def ours(data: Interactions, length: int) -> list[Row]:
    """Return each label of our windows with what is before it in its window."""
    windows = Windows(data, length)
    labels, found = iter(windows.labels.tolist()), []
    for owner, items, n in zip(windows.owners.tolist(), windows.inputs.tolist(), windows.lengths.tolist(), strict=True):
        found += [(owner, tuple(items[: t + 1]), next(labels)) for t in range(n)]
    return found


def prefixes(data: Interactions, length: int) -> list[Row]:
    """Return the rows of our prefixes."""
    found = Prefixes(data, length)
    made = found.rows(np.arange(len(found.labels))).tolist() if len(found.labels) else []
    columns = zip(found.users.tolist(), made, found.lengths.tolist(), found.labels.tolist(), strict=True)
    return [(user, tuple(row[:n]), label) for user, row, n, label in columns]


def held_out(history: Interactions, truth: Any, length: int) -> list[Row]:
    """Return what is ranked: each user's last items, and the item held out."""
    inputs, lengths = _last_items(history, np.arange(history.n_users), length)
    names = [int(name) for name in history.user_ids]
    return [
        (user, tuple(row[:n]), label)
        for user, row, n, label in zip(names, inputs.tolist(), lengths.tolist(), truth.tolist(), strict=True)
    ]


sizes = st.lists(st.integers(4, 12), min_size=2, max_size=5)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes, st.integers(2, 14), st.randoms(use_true_random=False))
def test_rows_labels_and_split_are_recboles(build: Build, sizes: list[int], length: int, draw: Any) -> None:
    data = build([[draw.randint(1, 9) for _ in range(n)] for n in sizes], 9)
    _, train, validation, test = recboles(data, length)
    known, history, truth = validation_split(data)
    mine, theirs = ours(known, length), rows(train.inter_feat)
    assert Counter((user, label) for user, _, label in mine) == Counter((user, label) for user, _, label in theirs)
    assert prefixes(known, length) == rows(train.inter_feat)
    if length >= max(sizes):  # else a window's first labels have less before them
        assert Counter(mine) == Counter(theirs)
    assert sorted(held_out(history, truth, length)) == sorted(rows(validation.inter_feat))
    last = data.items[data.offsets[1:] - 1]
    assert sorted(held_out(data.drop_last(1), last, length)) == sorted(rows(test.inter_feat))


@pytest.mark.parametrize("length", [3, 16])
def test_recboles_loader_gives_the_same_rows(board: Interactions, length: int) -> None:
    from recbole.data.dataloader import TrainDataLoader

    data = board.take(np.flatnonzero(board.lengths >= 4)[:40])
    config, train, _, _ = recboles(data, length)
    config["train_batch_size"] = 50
    batches = list(TrainDataLoader(config, train, None, shuffle=True))
    assert len(batches) > 3 and max(len(batch) for batch in batches) == 50
    loaded = [row for batch in batches for row in rows(batch)]
    mine = ours(data.drop_last(2), length)
    assert loaded != rows(train.inter_feat) and Counter(loaded) == Counter(rows(train.inter_feat))
    assert len(mine) == len(loaded)
    assert Counter(prefixes(data.drop_last(2), length)) == Counter(loaded)
    if length == 16:
        assert Counter(mine) == Counter(loaded)
    else:  # a window's first labels have less before them than RecBole's rows, but the same item last
        ends = [Counter((user, items[-1], label) for user, items, label in found) for found in (mine, loaded)]
        assert ends[0] == ends[1]


def test_where_recbole_splits_short_users_otherwise(build: Build) -> None:
    """Of two items RecBole trains on the last, of three on the one before it: here both are held out, always."""
    data = build([[1, 2], [3, 4, 5], [6, 7, 8, 9]], 9)
    _, train, validation, test = recboles(data, 5)
    assert rows(train.inter_feat) == [(0, (1,), 2), (1, (3,), 4), (2, (6,), 7)]
    assert rows(validation.inter_feat) == [(2, (6, 7), 8)]
    assert rows(test.inter_feat) == [(1, (3, 4), 5), (2, (6, 7, 8), 9)]
    known, history, truth = validation_split(data)
    assert ours(known, 5) == [(2, (6,), 7)]
    assert held_out(history, truth, 5) == [(1, (3,), 4), (2, (6, 7), 8)]
