"""Cloze rows: the windows' labels, hidden anew every epoch; a poisoner's labels are learned and never read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rbench.core.interactions import Interactions
from rbench.models.bert4rec import BERT4Rec, BERT4RecConfig
from rbench.models.sequential.batch import Batch
from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
from rbench.models.sequential.training.cloze import Cloze
from rbench.models.sequential.training.windows import Windows
from rbench.models.sequential.victim import Victim

MASK = 10
Build = Callable[..., Interactions]


def cloze(data: Interactions, length: int = 4, ratio: float = 0.5, last_only: float = 0.0) -> Cloze:
    return Cloze(Windows(data, length - 1), MASK, ratio, last_only)


def batches(rows: Cloze, labels: Any = None, negatives: Any = None, seed: int = 0, **schedule: Any) -> list[Batch]:
    labels = rows.labels if labels is None else labels
    negatives = np.zeros_like(labels) if negatives is None else negatives
    rng = np.random.default_rng(seed)
    steps = rows.steps(labels, negatives, Schedule(**schedule), rng, torch.device("cpu"))
    return [batch for step in steps for batch in step]


def test_rows_by_hand(build: Build) -> None:
    """Sequences of four: the last three labels of the first user, with what is before them; then what is left."""
    rows = cloze(build([[1, 2, 3, 4, 5], [6, 7], [8]], 9))
    assert rows.sequences.tolist() == [[1, 2, 0, 0], [2, 3, 4, 5], [6, 7, 0, 0]]
    assert rows.labels.tolist() == [2, 3, 4, 5, 7] and rows.users.tolist() == [0, 0, 0, 0, 1]


def test_all_hidden_by_hand(build: Build) -> None:
    """With everything hidden, only first items are left to be read, and all labels are learned."""
    rows = cloze(build([[1, 2, 3, 4, 5], [6, 7]], 9), ratio=1.0)
    labels = np.array([2, 9, 9, 9, 7], np.int32)  # a poisoner's in the places of 3, 4 and 5
    negatives = np.array([0, 1, 2, 3, 4], np.int32)
    (batch,) = batches(rows, labels, negatives, windows="random", batch_size=3)
    assert batch.places is not None
    rows_by_first = {int(row[0]): at for at, row in enumerate(batch.items)}
    one, two, six = (rows_by_first[first] for first in (1, 2, 6))
    assert batch.items[one].tolist() == [1, MASK, 0, 0] and batch.lengths[one] == 2 and batch.users[one] == 0
    assert batch.items[two].tolist() == [2, MASK, MASK, MASK] and batch.lengths[two] == 4 and batch.users[two] == 0
    assert batch.items[six].tolist() == [6, MASK, 0, 0] and batch.lengths[six] == 2 and batch.users[six] == 1
    found = zip(*(a.tolist() for a in (batch.places, batch.labels, batch.negatives)), strict=True)
    places = [4 * one + 1, 4 * two + 1, 4 * two + 2, 4 * two + 3, 4 * six + 1]
    assert sorted(found) == sorted(zip(places, labels.tolist(), negatives.tolist(), strict=True))


def test_the_last_item_alone(build: Build) -> None:
    (batch,) = batches(cloze(build([[1, 2, 3], [4, 5]], 9), ratio=0.9, last_only=1.0), batch_size=2)
    assert sorted(batch.items.tolist()) == [[1, 2, MASK], [4, MASK, 0]]
    assert sorted(batch.labels.tolist()) == [3, 5]


sequences = st.lists(st.lists(st.integers(1, 9), max_size=12), min_size=1, max_size=6)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequences, st.integers(2, 6), st.integers(0, 9))
def test_what_is_hidden_is_what_is_learned(build: Build, data: list[list[int]], length: int, seed: int) -> None:
    """Put the labels back into their places: these are the users' own sequences, and first items always stand."""
    rows = cloze(build(data, 9), length, 0.4, 0.3)
    own = sorted(tuple(row[row > 0].tolist()) for row in rows.sequences)
    seen, learned = [], 0
    for batch in batches(rows, seed=seed, batch_size=2):
        assert batch.places is not None
        items = batch.items.clone()
        assert (items[:, 0] != MASK).all() and (items == MASK).any(1).all()
        assert items.reshape(-1).eq(MASK).nonzero().squeeze(1).tolist() == batch.places.tolist()
        items.view(-1)[batch.places] = batch.labels
        assert (items > 0).sum(1).tolist() == batch.lengths.tolist()
        seen += [tuple(row[row > 0].tolist()) for row in items]
        learned += len(batch.labels)
    assert learned <= len(rows.labels)
    for row in set(seen):
        assert seen.count(row) <= own.count(row)


def test_a_fifth_is_hidden_and_others_every_epoch(build: Build) -> None:
    rows = cloze(build([list(range(1, 10)) * 20] * 30, 9), 60, 0.2)
    rng = np.random.default_rng(1)
    one, two = rows.hidden(rng), rows.hidden(rng)
    shares = [float(hidden.sum() / len(rows.labels)) for hidden in (one, two)]
    assert shares == pytest.approx([0.2, 0.2], abs=0.02) and (one != two).any()
    assert rows.labels_each(Schedule(batch_size=10)) == pytest.approx(0.2 * 10 * len(rows.labels) / len(rows.sequences))


def test_bert4rec_learns_what_follows(build: Build) -> None:
    """Every item is followed by the next one, round and round."""
    rng = np.random.default_rng(0)
    starts, lengths = rng.integers(20, size=150), rng.integers(6, 12, 150)
    data = build([[(int(s) + step) % 20 + 1 for step in range(n)] for s, n in zip(starts, lengths, strict=True)], 20)
    config = BERT4RecConfig(n_layers=1, hidden_size=16, inner_size=16, max_length=16, dropout=0, attention_dropout=0)
    schedule = Schedule(loss="softmax", epochs=15, batch_size=8, lr=1e-2, eval_every=15, weight_decay=0)
    victim = Victim(BERT4Rec, config, {"train": schedule}, PromptConfig(), RankConfig())
    model, _ = victim.train(data, schedule, 1)
    found = float((victim.rank(model, data).held_out_rank == 1).mean())
    assert found > 0.3  # a guess among what is not in the history: 0.1
