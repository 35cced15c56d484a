"""Our rows, labels and split are those of RecBole's SequentialDataset and TrainDataLoader, to the integer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rbench.core.interactions import Interactions
from rbench.models.gru4rec import GRU4Rec, GRU4RecConfig
from rbench.models.sequential.ranking import last_items
from rbench.models.sequential.recbole import door
from rbench.models.sequential.settings import Schedule
from rbench.models.sequential.training.fit import fit, validation_split
from rbench.models.sequential.training.prefixes import Prefixes
from rbench.models.sequential.training.recbole_loader import LoaderRows, sequential_dataset
from rbench.models.sequential.training.windows import Windows

pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")  # pandas'
Build = Callable[..., Interactions]
Row = tuple[int, tuple[int, ...], int]


def recboles(data: Interactions, length: int) -> list[Any]:
    """Return RecBole's training, validation and test set over our users and items, in our order."""
    config, dataset = sequential_dataset(data, length)
    with door.undisturbed():
        return [config, *dataset.build()]


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
    inputs, lengths = last_items(history, np.arange(history.n_users), length)
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


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_training_from_recboles_loader(board: Interactions, share: float) -> None:
    """An attacker's labels stand after RecBole's rows, in an order that our generator alone draws."""
    data = board.take(np.flatnonzero(board.lengths >= 4)[:40]).drop_last(2)
    examples = LoaderRows(data, 5)
    expected = prefixes(data, 5)
    assert [*zip(examples.users.tolist(), examples.labels.tolist(), strict=True)] == [(u, y) for u, _, y in expected]
    labels, negatives = (examples.labels + k for k in (100, 200))
    schedule = Schedule(batch_size=4, share=share)
    orders = []
    for seed in (1, 1, 2):
        noise = torch.get_rng_state()
        rng = np.random.default_rng(seed)
        steps = [batch for [batch] in examples.steps(labels, negatives, schedule, rng, torch.device("cpu"))]
        assert torch.equal(torch.get_rng_state(), noise)
        assert max(len(batch.labels) for batch in steps) == examples.labels_each(schedule)
        found = []
        for batch in steps:
            assert torch.equal(batch.negatives, batch.labels + 100)
            for user, items, n, label in zip(
                batch.users.tolist(), batch.items.tolist(), batch.lengths.tolist(), batch.labels.tolist(), strict=True
            ):
                found.append((user, tuple(items[:n]), label - 100))
        missing = Counter(expected) - Counter(found)
        assert not Counter(found) - Counter(expected)
        assert 0.3 < len(found) / len(expected) < 0.7 if share < 1 else not missing
        orders.append(found)
    assert orders[0] == orders[1] != orders[2]


def test_a_causal_model_learns_from_recboles_rows_what_it_learns_from_windows(board: Interactions) -> None:
    """One step holds the whole epoch, so that the order does not matter."""
    learnt = []
    for loader in ("rbench", "recbole"):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = GRU4Rec.build(GRU4RecConfig(embedding_size=8, hidden_size=8, dropout=0.0), board.n_items).double()
        schedule = Schedule(loss="softmax", epochs=2, batch_size=1000, lr=5e-3, eval_every=1)
        data = board.take(np.flatnonzero(board.lengths >= 4))
        log = fit(network, None, data, replace(schedule, loader=loader), 3)  # type: ignore[arg-type]
        learnt.append((log["labels"], log["validation"], network.item_embedding.weight.detach()))
    assert learnt[0][0] == learnt[1][0] and np.allclose(learnt[0][1], learnt[1][1], atol=1e-12)
    torch.testing.assert_close(learnt[0][2], learnt[1][2], atol=1e-8, rtol=1e-8)
